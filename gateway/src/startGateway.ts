import { Resolver } from 'node:dns/promises';
import type { Rule } from '@evergate/contract/routeTable';
import { createLog, type Logger } from '@evergate/process/log';
import { createAdminPort } from './adminPort.ts';
import { WeightedBackends } from './balance/weightedBackends.ts';
import type { GatewayConfig } from './config.ts';
import { Delivery } from './delivery.ts';
import { registerDeliveryMetrics } from './deliveryMetrics.ts';
import { Drain } from './drain.ts';
import { Listeners } from './listen/listeners.ts';
import { AccessLog } from './observe/accessLog.ts';
import { Counters } from './observe/counters.ts';
import { EventLoopMonitor } from './observe/eventLoop.ts';
import { containerLimits, registerLimits } from './observe/limits.ts';
import { LineWriter, streamSink } from './observe/lineWriter.ts';
import { Metrics } from './observe/metrics.ts';
import { AuthProcess } from './policy/authProcess.ts';
import { PolicyCompiler } from './policy/policyCompiler.ts';
import { registerPolicyMetrics } from './policyMetrics.ts';
import { Deadlines } from './proxy/deadlines.ts';
import { Gateway, upstreamErrorKinds } from './proxy/gateway.ts';
import { handle } from './proxy/handle.ts';
import { allReasons } from './proxy/reasons.ts';
import { Reloader } from './reload/reloader.ts';
import { reportReload } from './reloadReport.ts';
import { backendReports, breakerReports, dependencies, readiness, revisionReport } from './reports.ts';
import { Serving } from './serving.ts';
import { compileRule, compileSnapshot } from './snapshot/compile.ts';
import { type StaleReason, staleness } from './staleness.ts';
import { SharedState } from './state/sharedState.ts';
import { createStatusPort } from './statusPort.ts';
import type { Backend } from './upstream/backend.ts';
import { Backends } from './upstream/backends.ts';
import { ExternalNames, type NameServers } from './upstream/externalNames.ts';
import { forbiddenAddresses } from './upstream/forbiddenAddresses.ts';
import { Prober } from './upstream/prober.ts';

const LOG_LIMIT_BYTES = 4 * 1_048_576;
const LOG_FLUSH_MS = 100;

/** A gateway at work. */
export interface RunningGateway {
  /** Takes the gateway out of service, as `drain.ts` describes; resolves when the process may end. */
  drain(): Promise<void>;
}

/**
 * Joins the parts of a gateway and starts them: status and admin ports first, so that a gateway without a table says so; then the
 * documents, and with the first table the listeners it names. Resolves when both ports are open; rejects where one is taken.
 */
export async function startGateway(config: GatewayConfig): Promise<RunningGateway> {
  const now = (): number => performance.now();
  const counters = new Counters({ reasons: allReasons, upstreamErrorKinds, now });
  const lines = new LineWriter({
    sink: streamSink(process.stdout),
    limitBytes: LOG_LIMIT_BYTES,
    flushAfterMs: LOG_FLUSH_MS,
    onDropped: (count) => {
      counters.logLinesDropped += count;
    },
  });
  const log = createLog({ level: config.logLevel, write: (line) => lines.write(line), now: Date.now });
  const isForbidden = forbiddenAddresses(config.forbiddenRanges);
  const externalNames = new ExternalNames({
    servers: nameServers(),
    isForbidden: (address) => isForbidden(address) || backends.hasAddress(address),
    counters,
    clock: now,
  });
  const backends: Backends = new Backends({ clock: now, zone: config.zone }, counters.backends, externalNames);
  const prober = new Prober({ backends, counters, clock: now });
  const gateway = new Gateway({ counters, backends, deadlines: new Deadlines(now), accessLog: new AccessLog(lines) });
  const listeners = new Listeners({ host: config.host, events: listenerEvents(gateway, log), now });
  const drain = new Drain(listeners, () => drainTimes(config, gateway));
  const state = new SharedState({ log, clock: now });
  const auth = new AuthProcess({ state, backend: (id) => backends.get(id), clock: now });
  const policies = new PolicyCompiler(auth);
  gateway.onPolicyFailed = (error) => log.error('a policy failed; the request was refused', { error });
  const serving = new Serving({ gateway, listeners, drain, log, auth });
  const delivery = new Delivery(config, log);
  const ruleDependencies = { slot: slotOf(counters), backends: joined(backends), policies };
  const reloader = new Reloader({
    sources: delivery.sources,
    ...(delivery.copy === undefined ? {} : { keeper: delivery.copy }),
    compileRule: (rule) => compileRule(rule, ruleDependencies),
    compileSnapshot: (parts, breathe) => compileSnapshot(parts, breathe, policies),
    apply: (change) => serving.apply(change),
    report: (event) => reportReload(event, log, counters),
  });

  const eventLoop = new EventLoopMonitor();
  const perRoute = () => gateway.snapshot?.settings.telemetry.metrics.perRoute ?? 'All';
  const metrics = new Metrics({ counters, eventLoop, perRoute, refresh: () => backends.refresh() });
  const stale = (): readonly StaleReason[] => staleness(reloader.status.stale, delivery.contact, Date.now());
  registerDeliveryMetrics(metrics.registry, { delivery, status: () => reloader.status, stale, now: Date.now });
  registerPolicyMetrics(metrics.registry, auth);
  registerLimits(metrics.registry, containerLimits());
  const status = createStatusPort({
    host: config.host,
    port: config.statusPort,
    log,
    metrics,
    readiness: () => readiness(serving, drain, { stale: stale(), contact: delivery.contact }, dependencies(auth)),
    revision: () => revisionReport(reloader.status, drain, { stale: stale(), contact: delivery.contact }),
    breakers: () => breakerReports(backends, now()),
  });
  const admin = createAdminPort({
    port: config.adminPort,
    log,
    drain: () => serving.beginDrain(),
    served: () => serving.config,
    backends: () => backendReports(backends, now()),
  });
  await Promise.all([status.listen(), admin.listen()]);
  const begin = async (): Promise<void> => {
    await reloader.start();
    delivery.copy?.begin();
    serving.begin();
    log.info('gateway started', { host: config.host, statusPort: config.statusPort, adminPort: config.adminPort });
  };
  // Not awaited: a gateway that waits for its documents can be drained.
  begin().catch((error: unknown) => log.error('the gateway could not begin', { error }));

  return {
    async drain() {
      log.info('draining');
      await serving.finishDrain();
      prober.close();
      auth.close();
      externalNames.close();
      await Promise.all([reloader.close(), status.close(), admin.close()]);
      await delivery.close();
      log.info('drained');
      await lines.close(1_000);
    },
  };
}

/** Those of the machine. A lookup takes 4 s at most. */
function nameServers(): NameServers {
  return new Resolver({ timeout: 2_000, tries: 2 });
}

function listenerEvents(gateway: Gateway, log: Logger): ConstructorParameters<typeof Listeners>[0]['events'] {
  const { counters } = gateway;
  return {
    onExchange(exchange) {
      // A bug of ours costs the request that meets it, never the process.
      try {
        handle(exchange, gateway);
      } catch (error) {
        log.error('a request could not be handled', { error });
        exchange.abort();
      }
    },
    onRefused(reason) {
      counters.localAnswers.add(reason);
      if (reason === 'TooManyConnections') counters.connectionsRefused++;
    },
    onConnectionOpened() {
      counters.connectionsAccepted++;
      counters.connectionsOpen++;
    },
    onConnectionClosed() {
      counters.connectionsOpen--;
    },
  };
}

function slotOf(counters: Counters): (rule: Rule) => number {
  return ({ id, route, name }) =>
    counters.rules.slotFor(id, { namespace: route.namespace, route: route.name, rule: name });
}

/** Where there is nothing to choose there is no position to keep: rules with the same single backend share what picks it. */
function joined(backends: Backends): (weighted: Rule['backends']) => WeightedBackends {
  const alone = new WeakMap<Backend, WeightedBackends>();
  return (weighted) => {
    const entries = weighted.map(({ backend, weight, priority }) => ({
      backend: backend === null ? null : backends.get(backend),
      weight,
      priority,
    }));
    const [only] = entries;
    if (entries.length !== 1 || !only?.backend || only.weight === 0) return new WeightedBackends(entries);
    const shared = alone.get(only.backend) ?? new WeightedBackends(entries);
    alone.set(only.backend, shared);
    return shared;
  };
}

/** The environment's times win over the table's; before the first table there is nothing to wait for. */
function drainTimes(config: GatewayConfig, gateway: Gateway): { propagationDelayMs: number; drainTimeoutMs: number } {
  const table = gateway.snapshot?.settings.shutdown ?? { propagationDelayMs: 0, drainTimeoutMs: 0 };
  return {
    propagationDelayMs: config.propagationDelayMs ?? table.propagationDelayMs,
    drainTimeoutMs: config.drainTimeoutMs ?? table.drainTimeoutMs,
  };
}
