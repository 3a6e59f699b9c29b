import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Arena, arenaNamespace, installNamespace, openArena } from '../src/cluster/arena.ts';
import { command } from '../src/cluster/command.ts';
import { contents, emptyCluster, installedKinds, kinds, nothingLeft } from '../src/cluster/emptyCluster.ts';
import { eventually } from '../src/cluster/eventually.ts';
import { record } from '../src/cluster/figures.ts';
import { type GatewayPod, isReady } from '../src/cluster/fleet.ts';
import { namespaceObject } from '../src/cluster/instruments.ts';
import type { KubernetesObject } from '../src/cluster/kubectl.ts';
import { PodTask } from '../src/cluster/podTask.ts';
import { chart, helms, removeRelease } from '../src/cluster/release.ts';
import { underLoad } from '../src/cluster/underLoad.ts';
import type { TargetHistory } from '../src/prober/watchTargets.ts';

/** Of its own, and strict: everything the chart and the operator make has to be admitted there. */
const namespace = installNamespace;
const release = 'evergate';
const SERVES_MS = 60_000;
const HELM_MS = 240_000;

const route = `apiVersion: evergate.dev/v1alpha1
kind: GatewayRoute
metadata:
  name: first
  namespace: ${arenaNamespace}
spec:
  rules:
    - matches: [{ path: { type: PathPrefix, value: /first } }]
      backendRefs:
        - { name: stable, port: 80 }
`;

/** Helm 3 and Helm 4; one of them without the other is a mistake. Only where there is neither, whatever is called helm. */
const pair = await helms(['helm3', 'helm4']);
const [helm3, helm4] = pair.length > 0 ? ['helm3', 'helm4'] : ['helm', 'helm'];
const which = pair.length > 0 ? '' : ' (neither helm3 nor helm4 is here)';

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

async function helm(program: string, args: readonly string[]): Promise<string> {
  return command(program, [...args, '--namespace', namespace], { env: arena.kubectl.env, timeoutMs: HELM_MS });
}

async function install(program: string, keep: boolean): Promise<void> {
  const { operator, gateway } = arena.product;
  const images = Object.entries({ image: operator, gatewayImage: gateway }).map(
    ([key, { repository, tag }]) => `${key}.repository=${repository},${key}.tag=${tag}`,
  );
  const settings = [...images, `crds.keep=${keep}`].join(',');
  await helm(program, ['install', release, chart, '--wait', '--timeout', '180s', '--set', settings]);
}

async function createNamespace(): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await arena.kubectl.apply([{ ...namespaceObject(namespace), metadata: { name: namespace, labels } }]);
  const pod = ['run', 'unsafe', '--image=none', '--privileged', '--dry-run=server', '-n', namespace];
  await expect(arena.kubectl.run(pod)).rejects.toThrow('violates PodSecurity "restricted');
}

/** Applies one route, and nothing else; resolves once it serves, with the seconds from the answer of kubectl on. */
async function firstRoute(): Promise<number> {
  await arena.kubectl.run(['apply', '--filename', '-'], { input: route });
  const start = performance.now();
  await eventually(SERVES_MS, 'the route to serve', async () => (await ask()) === 200);
  return (performance.now() - start) / 1_000;
}

async function ask(): Promise<number> {
  const targets = [{ name: 'Service', address: `default.${namespace}`, port: 80 }];
  const input = { targets, question: { host: 'any.test', path: '/first' }, pollMs: 100, seconds: 0.3 };
  const task = await PodTask.start<TargetHistory>(arena.kubectl, arena.prober, 'watch', input);
  const history = await task.result(30_000);
  return history['Service']?.at(-1)?.status ?? 0;
}

async function readyGateways(): Promise<readonly string[]> {
  const pods = await arena.kubectl.list<GatewayPod>('pods', namespace, 'app.kubernetes.io/name=evergate-gateway');
  return pods.filter(isReady).map(({ metadata }) => metadata.uid ?? '');
}

async function installAndServe(program: string, keep: boolean): Promise<void> {
  await emptyCluster(arena);
  await createNamespace();
  expect(await installedKinds(arena)).toEqual([]);
  const start = performance.now();
  await install(program, keep);
  const installed = (performance.now() - start) / 1_000;
  const seconds = await firstRoute();
  const tested = await helm(program, ['test', release, '--timeout', '120s']);
  expect(tested).toMatch(/Phase:\s+Succeeded/);
  await record(`${program} install on an empty cluster, in a namespace that enforces restricted`, {
    [program]: (await command(program, ['version', '--short'])).trim(),
    'seconds of helm install --wait': installed,
    'seconds from the first route to its first answer': seconds,
  });
}

describe('the release of the tests', () => {
  test('helm uninstall with crds.keep loses no request, and leaves kinds, routes and gateways', async () => {
    const { kubectl } = arena;
    const routes = async (): Promise<number> => (await kubectl.list('gatewayroutes', arenaNamespace)).length;
    const before = await routes();
    const { result, discrepancies } = await underLoad(arena, 'helm-uninstall', () => removeRelease(kubectl));
    expect(result.examples.slice(0, 5)).toEqual([]);
    expect(discrepancies).toEqual({ acknowledgedUnseen: [], postsRepeated: [] });
    expect(await installedKinds(arena)).toEqual(kinds);
    expect(await routes()).toBe(before);
  });
});

describe('on an empty cluster, in a namespace that enforces restricted', () => {
  test(`${helm4}${which} installs, one route serves, helm test passes, and what crds.keep keeps serves on`, async () => {
    await installAndServe(helm4 as string, true);
    const gateways = await eventually(SERVES_MS, 'three gateways', async () => {
      const ready = await readyGateways();
      return ready.length === 3 && ready;
    });
    await helm(helm4 as string, ['uninstall', release, '--wait']);
    expect(await installedKinds(arena)).toEqual(kinds);
    await arena.kubectl.get<KubernetesObject>('gatewayroute', arenaNamespace, 'first');
    await arena.kubectl.get<KubernetesObject>('gatewayfleet', namespace, 'default');
    expect(await ask()).toBe(200);
    expect(await readyGateways()).toEqual(gateways);
  });

  test(`${helm3}${which} installs, one route serves, helm test passes, and without crds.keep nothing is left`, async () => {
    await installAndServe(helm3 as string, false);
    await helm(helm3 as string, ['uninstall', release, '--wait']);
    await nothingLeft(arena.kubectl, [namespace, arenaNamespace]);
    await eventually(SERVES_MS, 'the namespace to be empty', async () => {
      const left = await contents(arena.kubectl, namespace);
      if (left.length > 0) throw new Error(`there still is ${left.join(', ')}`);
      return true;
    });
    expect(await installedKinds(arena)).toEqual([]);
    await arena.kubectl.startDeletion([namespaceObject(namespace)]);
  });
});
