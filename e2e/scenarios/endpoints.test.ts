import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Arena, arenaNamespace, openArena } from '../src/cluster/arena.ts';
import { FIT_MS, quantile, record, verdict } from '../src/cluster/figures.ts';
import { serviceWithSlice, sliceOf, upstreamAddresses } from '../src/cluster/manualBackend.ts';
import { backendRule, routeObject } from '../src/cluster/routes.ts';
import { bareMs, distribution, effectiveMs, flaws, probe } from '../src/cluster/steps.ts';
import type { Step } from '../src/prober/step.ts';

const CHANGES = 200;
const GAP_MS = 300;
const host = 'switched.test';
const route = routeObject({ name: 'switched', hostnames: [host], rules: [backendRule('/', 'switched')] });

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

afterAll(() => arena.kubectl.delete([route, ...serviceWithSlice('switched', [])]));

test('an endpoint that comes and one that goes are soon effective in every pod', async () => {
  const backends = await upstreamAddresses(arena, 'stable');
  const [first] = backends;
  await arena.kubectl.apply([...serviceWithSlice('switched', first === undefined ? [] : [first.address]), route]);
  await arena.kubectl.run([
    '-n',
    arenaNamespace,
    'wait',
    '--for=condition=Ready',
    'gatewayroute/switched',
    '--timeout=60s',
  ]);
  const pods = backends.map(({ pod }) => pod);
  const steps = Array.from({ length: CHANGES }, (_, change): Step => {
    const next = backends[(change + 1) % 2];
    if (next === undefined) throw new Error(`two pods of the upstream are needed, there are: ${pods.join()}`);
    return {
      name: `change ${change}`,
      calls: [{ method: 'PUT', path: sliceOf('switched'), body: serviceWithSlice('switched', [next.address])[1] }],
      question: { host, path: '/' },
      until: { status: 200, headers: { 'x-e2e-pod': next.pod } },
      before: [{ status: 200 }],
    };
  });
  const bare = await bareMs(arena);
  const results = await probe(arena, steps, { gapMs: GAP_MS });
  const effective = effectiveMs(results);
  await record(`Endpoints: ${CHANGES} changes from one pod to another`, {
    ...distribution('effective in every pod', effective),
    'p50 within its bound': verdict(quantile(effective, 0.5), 40, bare <= FIT_MS),
    'p99 within its bound': verdict(quantile(effective, 0.99), 150, bare <= FIT_MS),
    'two bare changes and watches, p99 ms': bare,
  });
  expect(flaws(results)).toEqual([]);
  expect(Math.max(...effective)).toBeLessThan(10_000);
  if (bare > FIT_MS) return;
  expect(quantile(effective, 0.5)).toBeLessThan(40);
  expect(quantile(effective, 0.99)).toBeLessThan(150);
});
