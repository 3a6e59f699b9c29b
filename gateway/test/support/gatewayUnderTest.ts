import { defaultPassiveHealth } from '@evergate/contract/backendSettings';
import type { BackendEndpoints, Endpoint } from '@evergate/contract/endpoints';
import { defaultRetry, type RetrySettings } from '@evergate/contract/retrySettings';
import type { BackendSettings, FleetSettings, Rule } from '@evergate/contract/routeTable';
import type { SecretEntry } from '@evergate/contract/secrets';
import { sampleSettings } from '@evergate/contract/test/sampleSettings';
import { createLog } from '@evergate/process/log';
import { WeightedBackends } from '../../src/balance/weightedBackends.ts';
import { Http1Listener } from '../../src/listen/http1/http1Listener.ts';
import { AccessLog } from '../../src/observe/accessLog.ts';
import { Counters } from '../../src/observe/counters.ts';
import { AuthProcess } from '../../src/policy/authProcess.ts';
import { PolicyCompiler } from '../../src/policy/policyCompiler.ts';
import { Deadlines } from '../../src/proxy/deadlines.ts';
import { Gateway, upstreamErrorKinds } from '../../src/proxy/gateway.ts';
import { handle } from '../../src/proxy/handle.ts';
import { allReasons, type Reason } from '../../src/proxy/reasons.ts';
import { compileRule, compileSnapshot } from '../../src/snapshot/compile.ts';
import type { CompiledRule, Snapshot } from '../../src/snapshot/snapshot.ts';
import { SharedState } from '../../src/state/sharedState.ts';
import { Backends } from '../../src/upstream/backends.ts';
import { Prober } from '../../src/upstream/prober.ts';
import { ruleOf } from '../match/rules.ts';
import { eventually } from './eventually.ts';
import { RawClient } from './rawClient.ts';

type ClientTraffic = FleetSettings['clientTraffic'];

const clientTraffic: ClientTraffic = { ...sampleSettings().clientTraffic, maxConnections: 1_000 };

/** What may have reached a backend is not sent again: so that tests see what became of the first attempt. */
export const noRetries: RetrySettings = { ...defaultRetry, attempts: 0 };

/** What differs from a gateway with one rule that sends everything to the backend `app`. */
export interface GatewayOptions {
  /** Ports on 127.0.0.1, or endpoints whole, by backend id. */
  readonly backends?: Readonly<Record<string, readonly (number | Endpoint)[]>>;
  readonly clusterPorts?: Readonly<Record<string, number>>;
  readonly rules?: readonly Partial<Rule>[];
  readonly traffic?: Partial<ClientTraffic>;
  readonly backend?: Partial<Omit<BackendSettings, 'id'>>;
  /** Of the fleet, beside `traffic`. */
  readonly settings?: Partial<FleetSettings>;
  readonly secrets?: readonly SecretEntry[];
  /** Ready gateways of the fleet. */
  readonly gateways?: number;
  /** Of some backends, beside `backend`. */
  readonly policies?: Readonly<Record<string, Partial<Omit<BackendSettings, 'id'>>>>;
}

/** What the access log says of a request. */
export type AccessLine = Readonly<Record<string, unknown>>;

/** A rule with one backend, `app` unless named otherwise. */
export function to(backend: string | null, fields: Partial<Rule> = {}): Partial<Rule> {
  return { backends: [{ backend, weight: 1 }], ...fields };
}

export function endpointOf(port: number, fields: Partial<Endpoint> = {}): Endpoint {
  return { address: '127.0.0.1', port, ready: true, serving: true, terminating: false, ...fields };
}

/** A gateway's request path in this process, on a port of its own, with a clock that can be moved on. */
export class GatewayUnderTest implements AsyncDisposable {
  readonly counters: Counters<Reason, (typeof upstreamErrorKinds)[number]>;
  readonly backends: Backends;
  readonly prober: Prober;
  readonly auth: AuthProcess;
  readonly policyErrors: unknown[] = [];
  readonly #policies: PolicyCompiler;
  readonly deadlines: Deadlines;
  readonly gateway: Gateway;
  readonly accessLines: AccessLine[] = [];
  readonly logLines: string[] = [];
  readonly refused: Reason[] = [];
  #listener: Http1Listener | undefined;
  #skippedMs = 0;
  #port = 0;

  private constructor() {
    const now = (): number => performance.now() + this.#skippedMs;
    this.counters = new Counters({ reasons: allReasons, upstreamErrorKinds, now });
    this.backends = new Backends({ clock: () => performance.now(), zone: 'here' }, this.counters.backends);
    this.prober = new Prober({ backends: this.backends, counters: this.counters, clock: () => performance.now() });
    this.deadlines = new Deadlines(now);
    const log = createLog({ level: 'debug', write: (line) => this.logLines.push(line), now: Date.now });
    const state = new SharedState({ log, clock: now });
    this.auth = new AuthProcess({ state, backend: (id) => this.backends.get(id), clock: now });
    this.#policies = new PolicyCompiler(this.auth);
    const accessLog = new AccessLog({ write: (line) => this.accessLines.push(JSON.parse(line)) });
    const { counters, backends, deadlines } = this;
    this.gateway = new Gateway({ counters, backends, deadlines, accessLog });
    this.gateway.onPolicyFailed = (error) => this.policyErrors.push(error);
  }

  static async start(options: GatewayOptions = {}): Promise<GatewayUnderTest> {
    const started = new GatewayUnderTest();
    await started.serve(options);
    started.gateway.ready = true;
    started.#listener = started.#createListener(options);
    started.#port = await started.#listener.listen(0, '127.0.0.1');
    return started;
  }

  get port(): number {
    return this.#port;
  }

  get listener(): Http1Listener {
    return this.#listener as Http1Listener;
  }

  /** Endpoints' requests in flight, all together. */
  get inFlight(): number {
    let total = 0;
    for (const backend of this.backends) for (const endpoint of backend.endpoints) total += endpoint.inFlight;
    return total;
  }

  client(): Promise<RawClient> {
    return RawClient.connect(this.port);
  }

  /** Serves another table. */
  async serve(options: GatewayOptions): Promise<void> {
    const { backends = {}, rules = [to('app')] } = options;
    this.backends.configure(
      Object.keys(backends).map((id) => ({
        id,
        loadBalancing: { policy: 'RoundRobin' },
        connectTimeoutMs: 2_000,
        passiveHealth: { ...defaultPassiveHealth, maxFails: 0 },
        ...options.backend,
        ...options.policies?.[id],
      })),
    );
    this.serveEndpoints(options);
    const settings = settingsOf(options);
    const { secrets, state } = this.auth;
    secrets.update(options.secrets ?? []);
    state.gateways = options.gateways ?? 1;
    this.gateway.serve(await this.#compile(rules, settings));
    state.configure('fleet', settings.redis, (id) => secrets.entry(id));
  }

  serveEndpoints({ backends = {}, clusterPorts = {} }: GatewayOptions): void {
    this.gateway.serveEndpoints(Object.entries(backends).map(([id, list]) => listed(id, list, clusterPorts[id])));
  }

  /** Lets `ms` milliseconds pass for deadlines, and fires those that are due. */
  skip(ms: number): void {
    this.#skippedMs += ms;
    this.deadlines.tick();
  }

  /** Waits until every request has ended, and returns what the access log says of the last. */
  async settled(): Promise<AccessLine> {
    const { counters, deadlines } = this;
    await eventually('no request in flight', () => counters.requestsInFlight === 0 && this.inFlight === 0);
    await eventually('no deadline armed', () => deadlines.size === 0);
    return this.accessLines.at(-1) ?? {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.listener.destroy();
    await eventually('all connections closed', () => this.listener.connections === 0);
    this.deadlines.close();
    this.prober.close();
    this.backends.close();
    this.auth.close();
  }

  #createListener(options: GatewayOptions): Http1Listener {
    return new Http1Listener({
      name: 'http',
      clientTraffic: { ...clientTraffic, ...options.traffic },
      now: () => performance.now(),
      events: {
        onExchange: (exchange) => handle(exchange, this.gateway),
        onRefused: (reason) => this.refused.push(reason),
        onConnectionOpened() {},
        onConnectionClosed() {},
      },
    });
  }

  #compile(rules: readonly Partial<Rule>[], settings: FleetSettings): Promise<Snapshot> {
    const compiled = rules.map((fields, index) =>
      this.#compileRule(ruleOf(`route${index}`, { retry: noRetries, ...fields })),
    );
    const order = { fleetUID: 'fleet', epoch: 0, sequence: 0, revision: '' };
    return compileSnapshot({ order, settings, rules: compiled }, () => undefined, this.#policies);
  }

  #compileRule(rule: Rule): CompiledRule {
    const { backends, counters } = this;
    const labels = { namespace: rule.route.namespace, route: rule.route.name, rule: rule.name };
    const compiled = compileRule(rule, {
      slot: () => counters.rules.slotFor(rule.id, labels),
      policies: this.#policies,
      backends: (refs) =>
        new WeightedBackends(
          refs.map(({ backend, weight, priority }) => ({
            backend: backend === null ? null : backends.get(backend),
            weight,
            priority,
          })),
        ),
    });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    return compiled.value;
  }
}

function settingsOf({ traffic, settings }: GatewayOptions): FleetSettings {
  return {
    listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }],
    clientTraffic: { ...clientTraffic, ...traffic },
    healthPrefix: '/.evergate',
    shutdown: { propagationDelayMs: 0, drainTimeoutMs: 0 },
    telemetry: { accessLog: { mode: 'All', percent: 100 }, metrics: { perRoute: 'All' } },
    ...settings,
  };
}

function listed(id: string, list: readonly (number | Endpoint)[], clusterPort: number | undefined): BackendEndpoints {
  const endpoints = list.map((one) => (typeof one === 'number' ? endpointOf(one) : one));
  if (clusterPort === undefined) return { id, endpoints };
  return { id, endpoints, clusterAddress: { address: '127.0.0.1', port: clusterPort } };
}
