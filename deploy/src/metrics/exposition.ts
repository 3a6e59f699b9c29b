import { Writable } from 'node:stream';
import { Delivery } from '@evergate/gateway/delivery';
import { registerDeliveryMetrics } from '@evergate/gateway/deliveryMetrics';
import { Counters } from '@evergate/gateway/observe/counters';
import { EventLoopMonitor } from '@evergate/gateway/observe/eventLoop';
import { registerLimits } from '@evergate/gateway/observe/limits';
import { Metrics } from '@evergate/gateway/observe/metrics';
import { PolicyCounters } from '@evergate/gateway/policy/policyCounters';
import { registerPolicyMetrics } from '@evergate/gateway/policyMetrics';
import { upstreamErrorKinds } from '@evergate/gateway/proxy/gateway';
import { allReasons } from '@evergate/gateway/proxy/reasons';
import { OperatorMetrics } from '@evergate/operator/metrics';
import { createLog } from '@evergate/process/log';
import { type MetricFamily, readFamilies } from './families.ts';

/* What the two programs expose, found by asking their own code, so that no list of metrics can be wrong. */

type Registry = OperatorMetrics['registry'];

/** The labels of families that have no sample while nothing happens. */
const labelsByPrefix: readonly (readonly [string, readonly string[]])[] = [
  ['evergate_backend_', ['backend']],
  ['evergate_route_', ['namespace', 'route', 'rule']],
];

/** Every family of a gateway, its labels with them. */
export async function gatewayFamilies(): Promise<readonly MetricFamily[]> {
  const counters = new Counters({ reasons: allReasons, upstreamErrorKinds, now: () => 0 });
  const eventLoop = new EventLoopMonitor();
  const metrics = new Metrics({ counters, eventLoop, perRoute: () => 'All' });
  registerLimits(metrics.registry, { cpuCores: 1, memoryBytes: 1 });
  registerDelivery(metrics.registry);
  const state = { status: undefined, storeFailures: 0 };
  registerPolicyMetrics(metrics.registry, { counters: new PolicyCounters(), state, secrets: { certificates: [] } });
  touch(counters);
  const families = readFamilies(await written(metrics));
  eventLoop.close();
  return families.map((family) => withLabels(family, declaredLabels(metrics.registry).get(family.name)));
}

/** Every family of the operator, its labels with them. */
export async function operatorFamilies(): Promise<readonly MetricFamily[]> {
  const { registry } = new OperatorMetrics({ reflectors: () => [], isLeader: () => false, load: () => undefined });
  const declared = declaredLabels(registry);
  return readFamilies(await registry.metrics()).map((family) => withLabels(family, declared.get(family.name)));
}

function registerDelivery(registry: Registry): void {
  const log = createLog({ level: 'error', write: () => undefined, now: () => 0 });
  const delivery = new Delivery({ documents: '/nowhere', delivery: { copy: undefined, watch: undefined } }, log);
  const documents = { routes: null, endpoints: null, secrets: null };
  const status = { documents, stale: false, waitingRules: [], refused: [], leftOut: [] };
  registerDeliveryMetrics(registry, { delivery, status: () => status, stale: () => [], now: () => 0 });
}

/** One request to one backend, so that families have samples. */
function touch(counters: Counters): void {
  const rule = counters.rules.slotFor('namespace/route/rule', { namespace: 'namespace', route: 'route', rule: 'rule' });
  counters.rules.record(rule, 200, 1, 1, 1);
  const backend = counters.backends.slotFor('namespace/service:80');
  counters.backends.started(backend);
  counters.backends.set(backend, 'ejected', 1);
}

async function written(metrics: Metrics): Promise<string> {
  const blocks: string[] = [];
  const sink = new Writable({
    decodeStrings: false,
    write(block: string, _, callback) {
      blocks.push(block);
      callback();
    },
  });
  await metrics.write(sink, new AbortController().signal);
  return blocks.join('');
}

function declaredLabels(registry: Registry): ReadonlyMap<string, readonly string[]> {
  const metrics = registry.getMetricsAsArray() as unknown as readonly Declared[];
  return new Map(metrics.map(({ name, labelNames }) => [name, labelNames ?? []]));
}

interface Declared {
  readonly name: string;
  readonly labelNames?: readonly string[];
}

function withLabels(family: MetricFamily, declared: readonly string[] = []): MetricFamily {
  const assumed = labelsByPrefix.find(([prefix]) => family.name.startsWith(prefix))?.[1] ?? [];
  return { ...family, labels: [...new Set([...assumed, ...family.labels, ...declared])] };
}
