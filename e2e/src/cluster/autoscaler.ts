import { type Arena, arenaNamespace, fleetName } from './arena.ts';
import { eventually } from './eventually.ts';
import { gatewayPods, isReady } from './fleet.ts';

const STATUS_PORT = 9090;
const METRICS_MS = 90_000;

/** Rejects, with what to install, where the cluster does not measure what pods use. */
export async function requireMetrics({ kubectl }: Arena): Promise<void> {
  const path = '/apis/metrics.k8s.io/v1beta1/nodes';
  await eventually(METRICS_MS, 'metrics.k8s.io: install metrics-server into the cluster', () => kubectl.raw(path));
}

/** Changes the fleet's spec as a user would, whatever follows of it. */
export async function patchFleet({ kubectl }: Arena, spec: object): Promise<void> {
  const patch = ['patch', 'gatewayfleet', fleetName, '-n', arenaNamespace, '--type=merge', '--patch'];
  await kubectl.run([...patch, JSON.stringify({ spec })]);
}

/** What `kubectl get hpa` shows in the column TARGETS, such as `cpu: 42%/70%`; empty where there is no autoscaler. */
export async function shownTargets({ kubectl }: Arena): Promise<string> {
  const shown = await kubectl.run([
    'get',
    'hpa',
    fleetName,
    '-n',
    arenaNamespace,
    '--no-headers',
    '--ignore-not-found',
  ]);
  return /cpu: \S+/.exec(shown)?.[0] ?? '';
}

/** How many requests each ready gateway has answered since it started, by the name of its pod. */
export async function requestsByGateway(arena: Arena): Promise<ReadonlyMap<string, number>> {
  const pods = (await gatewayPods(arena)).filter(isReady);
  const counts = pods.map(async ({ metadata: { name } }) => {
    const path = `/api/v1/namespaces/${arenaNamespace}/pods/${name}:${STATUS_PORT}/proxy/metrics`;
    const exposition = await arena.kubectl.run(['get', '--raw', path]);
    const samples = exposition.matchAll(/^evergate_requests_total\{.*\} (\d+)$/gm);
    return [name, [...samples].reduce((sum, [, value]) => sum + Number(value), 0)] as const;
  });
  return new Map(await Promise.all(counts));
}

/**
 * Of each gateway, what it answered between two counts, in shares of what each would have if all had the same: 1 is its fair share. Those
 * that were not there both times are left out.
 */
export function fairShares(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const answered = [...after].flatMap(([name, count]) => {
    const from = before.get(name);
    return from === undefined ? [] : [[name, count - from] as const];
  });
  const total = answered.reduce((sum, [, count]) => sum + count, 0);
  return new Map(answered.map(([name, count]) => [name, (count * answered.length) / total]));
}
