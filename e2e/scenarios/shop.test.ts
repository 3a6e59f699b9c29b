import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Arena, openArena } from '../src/cluster/arena.ts';
import { eventually } from '../src/cluster/eventually.ts';
import { record } from '../src/cluster/figures.ts';
import { serviceTarget } from '../src/cluster/fleet.ts';
import { namespaceObject } from '../src/cluster/instruments.ts';
import { PodTask } from '../src/cluster/podTask.ts';
import type { TargetHistory } from '../src/prober/watchTargets.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

/** Waits until all is gone: what follows is measured on a cluster at rest. */
afterAll(() => arena.kubectl.delete([namespaceObject('shop')]));

test('kubectl apply of the example shop, kubectl wait, and a request through the Service of the fleet is answered by the shop', async () => {
  const { kubectl } = arena;
  const start = performance.now();
  await kubectl.run(['apply', '--filename', `${examples}/shop`]);
  await kubectl.run(['-n', 'shop', 'create', 'configmap', 'demo', `--from-file=${examples}/demo/backends.js`]);
  await kubectl.run(['apply', '--filename', '-'], { input: await programs() });
  await kubectl.run(['-n', 'shop', 'rollout', 'status', 'deployment', '--timeout=120s']);
  await kubectl.run(['-n', 'shop', 'wait', '--for=condition=Ready', 'gatewayroute', '--all', '--timeout=60s']);
  await eventually(10_000, 'an answer of the shop', async () => {
    const answers = await ask('shop.example.com', '/api/orders/9');
    return /^orders-v[12]: GET \/orders\/9/.test(answers);
  });
  await record('The example shop', { 'seconds until it answered': (performance.now() - start) / 1_000 });
  expect(await ask('shop.example.com', '/robots.txt')).toContain('Disallow: /api/');
});

/** The Deployments of the example, with an image that the cluster has. */
async function programs(): Promise<string> {
  const text = await readFile(`${examples}/shop/cluster/deployments.yaml`, 'utf8');
  return text.replaceAll(/image: node:\S+/g, `image: ${arena.instrumentsImage}`);
}

/** One question to the Service of the fleet, from inside the cluster. */
async function ask(host: string, path: string): Promise<string> {
  const input = { targets: [serviceTarget], question: { host, path }, pollMs: 100, seconds: 0.5 };
  const task = await PodTask.start<TargetHistory>(arena.kubectl, arena.prober, 'watch', input);
  const history = await task.result(30_000);
  return history[serviceTarget.name]?.at(-1)?.body ?? '';
}
