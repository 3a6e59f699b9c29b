import {
  defaultPanicThresholdPercent,
  defaultPassiveHealth,
  type PassiveHealth,
} from '@evergate/contract/backendSettings';
import type { BackendEndpoints, Endpoint } from '@evergate/contract/endpoints';
import type { BackendSettings } from '@evergate/contract/routeTable';
import { compileHashKey, type HashKey } from '../balance/hashKey.ts';
import { Spread } from '../balance/spread.ts';
import { Admission } from './admission.ts';
import { Breaker } from './breaker.ts';
import { type EndpointOwner, UpstreamEndpoint } from './endpoint.ts';
import type { EndpointState } from './endpointHealth.ts';
import { RetryBudget } from './retryBudget.ts';
import { type Selection, select } from './selection.ts';

/** What a backend needs of the process. */
export interface BackendContext {
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** Where this gateway runs. */
  readonly zone: string | undefined;
  /** Uniform from 0 to below 1. */
  readonly random: () => number;
}

export const plainContext: BackendContext = {
  clock: () => performance.now(),
  zone: undefined,
  random: Math.random,
};

const byDefault: BackendSettings = { id: '', loadBalancing: { policy: 'LeastRequests' }, connectTimeoutMs: 5_000 };
const nothing: Selection = select([], { zone: undefined, panicThresholdPercent: 0 }, 0);

/** A Service's port: its endpoints, their state and how to choose among them. Kept over reloads. */
export class Backend implements EndpointOwner {
  readonly id: string;
  /** Its cells in the backend counters. */
  readonly slot: number;
  readonly admission: Admission = new Admission();
  readonly budget: RetryBudget = new RetryBudget();
  readonly #context: BackendContext;
  readonly #spread: Spread;
  #settings: BackendSettings = byDefault;
  #breaker: Breaker | undefined;
  #hashKey: HashKey | undefined;
  #endpoints = new Map<string, UpstreamEndpoint>();
  #usable: readonly UpstreamEndpoint[] = [];
  #clusterAddress: UpstreamEndpoint | undefined;
  #selection: Selection = nothing;
  #validUntil = Number.NEGATIVE_INFINITY;
  #passiveHealth: PassiveHealth | undefined = defaultPassiveHealth;
  #failureCodes: ReadonlySet<number> = new Set(defaultPassiveHealth.codes);
  #connections = 0;

  constructor(id: string, slot: number, context: BackendContext = plainContext) {
    this.id = id;
    this.slot = slot;
    this.#context = context;
    this.#spread = new Spread(byDefault.loadBalancing.policy, context.random);
  }

  get settings(): BackendSettings {
    return this.#settings;
  }

  /** Endpoints that are ready; which of them may be chosen now, their health decides. */
  get usable(): readonly UpstreamEndpoint[] {
    return this.#usable;
  }

  get endpoints(): Iterable<UpstreamEndpoint> {
    return this.#endpoints.values();
  }

  get clusterAddress(): UpstreamEndpoint | undefined {
    return this.#clusterAddress;
  }

  /** Undefined where the backend has none. */
  get breaker(): Breaker | undefined {
    return this.#breaker;
  }

  /** What of a request decides about its endpoint; undefined where nothing does. */
  get hashKey(): HashKey | undefined {
    return this.#hashKey;
  }

  get passiveHealth(): PassiveHealth | undefined {
    return this.#passiveHealth;
  }

  get slowStartMs(): number {
    return this.#settings.loadBalancing.slowStartMs ?? 0;
  }

  get connectTimeoutMs(): number {
    return this.#settings.connectTimeoutMs;
  }

  configure(settings: BackendSettings): void {
    if (settings === this.#settings) return;
    const { passiveHealth = defaultPassiveHealth, loadBalancing, circuitBreaker } = settings;
    this.#settings = settings;
    this.#passiveHealth = passiveHealth.maxFails === 0 ? undefined : passiveHealth;
    this.#failureCodes = new Set(passiveHealth.codes);
    this.#hashKey = loadBalancing.policy === 'ConsistentHash' ? compileHashKey(loadBalancing.hashOn) : undefined;
    this.#spread.configure(loadBalancing.policy, this.#usable);
    this.admission.configure(settings.limits);
    if (circuitBreaker === undefined) this.#breaker = undefined;
    else if (this.#breaker !== undefined) this.#breaker.configure(circuitBreaker);
    else this.#breaker = new Breaker(circuitBreaker, this.#context.clock());
    const now = this.#context.clock();
    if (this.#passiveHealth === undefined) for (const { health } of this.endpoints) health.forgive(now);
    if (settings.activeHealth === undefined) for (const { health } of this.endpoints) health.probed(true, now);
    this.onHealthChanged();
  }

  /** Takes over a new list; addresses that stay keep their connections and state. */
  update(listed: BackendEndpoints | undefined): void {
    const before = this.#endpoints;
    this.#endpoints = new Map();
    for (const one of listed?.endpoints ?? []) {
      const key = keyOf(one);
      const endpoint = before.get(key) ?? this.#createEndpoint(one.address, one.port);
      endpoint.zone = one.zone;
      this.#endpoints.set(key, endpoint);
    }
    for (const [key, endpoint] of before) if (!this.#endpoints.has(key)) endpoint.retire();
    this.#use(usableOf(listed?.endpoints ?? []).map((one) => this.#endpoints.get(keyOf(one)) as UpstreamEndpoint));
    this.#spread.prepare(this.#usable);
    this.#updateClusterAddress(listed?.clusterAddress);
    this.onHealthChanged();
  }

  /** Which endpoints may be chosen at `now`. */
  selection(now: number): Selection {
    if (now >= this.#validUntil) this.#reselect(now);
    return this.#selection;
  }

  /**
   * Where the next attempt goes, none of `tried` if there is another: an endpoint that health speaks for; once the latest attempt to
   * connect to every one has failed, the Service's cluster address; without one, any. Undefined where there is no endpoint, or none
   * that is healthy.
   */
  pick(now: number, hash = 0, tried?: readonly UpstreamEndpoint[]): UpstreamEndpoint | undefined {
    if (this.#usable.length === 0) return undefined;
    if (now >= this.#validUntil) this.#reselect(now);
    const selection = this.#selection;
    if (tried !== undefined) return this.#pickOther(selection, hash, tried);
    if (selection.trials.length > 0) return takeTrial(selection, now);
    if (selection.candidates.length > 0) return this.#spread.pick(selection, hash, now);
    if (selection.unreachable < this.#usable.length) return undefined;
    return this.#clusterAddress ?? this.#spread.pickOf(this.#usable, hash);
  }

  /** The endpoint itself, where it may be chosen. */
  candidate(endpoint: UpstreamEndpoint | undefined, now: number): UpstreamEndpoint | undefined {
    if (endpoint === undefined) return undefined;
    return this.selection(now).candidates.includes(endpoint) ? endpoint : undefined;
  }

  /** Whether `pick` would find one that is none of `tried`. */
  hasOther(tried: readonly UpstreamEndpoint[], now: number): boolean {
    const isNew = (endpoint: UpstreamEndpoint): boolean => !tried.includes(endpoint);
    if (this.selection(now).candidates.some(isNew)) return true;
    return this.#clusterAddress === undefined ? this.#usable.some(isNew) : isNew(this.#clusterAddress);
  }

  /** How a try at `endpoint` ended, with the status of its response. Returns whether the endpoint was ejected for it. */
  answered(endpoint: UpstreamEndpoint, status: number, now: number): boolean {
    if (status >= 400 && this.#failureCodes.has(status)) return endpoint.health.failed(now);
    endpoint.health.succeeded(now);
    return false;
  }

  /** ... or without a whole one. Connects that fail are noted where they fail. */
  failed(endpoint: UpstreamEndpoint, failure: 'Reset' | 'Timeout', now: number): boolean {
    return this.passiveHealth?.on.includes(failure) === true && endpoint.health.failed(now);
  }

  /** From 0 to 1: how much of it is there to take requests. */
  capacity(now: number): number {
    if (this.#breaker?.refuses(now) === true) return 0;
    return this.selection(now).capacity;
  }

  /** How many endpoints are in a state; only those that are ready count. */
  count(state: EndpointState): number {
    return this.#usable.reduce((sum, { health }) => (health.state === state ? sum + 1 : sum), 0);
  }

  sweep(now: number): void {
    for (const endpoint of this.#endpoints.values()) endpoint.sweep(now);
    this.#clusterAddress?.sweep(now);
  }

  mayEject(): boolean {
    const out = this.#usable.reduce((sum, { health }) => (health.ejectedUntil === undefined ? sum : sum + 1), 0);
    const most = Math.floor((this.#usable.length * (this.passiveHealth?.maxEjectionPercent ?? 0)) / 100);
    return out < most;
  }

  onHealthChanged(): void {
    this.#validUntil = Number.NEGATIVE_INFINITY;
  }

  onConnectionOpening(): void {
    if (this.#connections >= this.admission.maxConnections) this.#dropIdle();
    this.#connections++;
  }

  onConnectionClosed(): void {
    this.#connections--;
  }

  /** Those that were not ready before start slowly from now on. */
  #use(usable: readonly UpstreamEndpoint[]): void {
    const before = new Set(this.#usable);
    const now = this.#context.clock();
    for (const endpoint of usable) if (!before.has(endpoint)) endpoint.health.warm(now);
    this.#usable = usable;
  }

  #reselect(now: number): void {
    const { loadBalancing, panicThresholdPercent = defaultPanicThresholdPercent } = this.#settings;
    const zone = loadBalancing.preferSameZone === true ? this.#context.zone : undefined;
    this.#selection = select(this.#usable, { zone, panicThresholdPercent }, now);
    this.#validUntil = this.#selection.validUntil;
  }

  #pickOther(
    { candidates, unreachable }: Selection,
    hash: number,
    tried: readonly UpstreamEndpoint[],
  ): UpstreamEndpoint | undefined {
    const others = candidates.filter((endpoint) => !tried.includes(endpoint));
    if (others.length > 0) return this.#spread.pickOf(others, hash);
    if (candidates.length > 0) return this.#spread.pickOf(candidates, hash);
    if (unreachable < this.#usable.length) return undefined;
    const last = this.#clusterAddress;
    if (last !== undefined && !tried.includes(last)) return last;
    const rest = this.#usable.filter((endpoint) => !tried.includes(endpoint));
    return this.#spread.pickOf(rest.length > 0 ? rest : this.#usable, hash);
  }

  #dropIdle(): void {
    for (const endpoint of this.#endpoints.values()) if (endpoint.dropIdle()) return;
    this.#clusterAddress?.dropIdle();
  }

  #updateClusterAddress(listed: BackendEndpoints['clusterAddress']): void {
    const current = this.#clusterAddress;
    if (current?.address === listed?.address && current?.port === listed?.port) return;
    current?.retire();
    this.#clusterAddress = listed === undefined ? undefined : this.#createEndpoint(listed.address, listed.port);
  }

  #createEndpoint(address: string, port: number): UpstreamEndpoint {
    return new UpstreamEndpoint(address, port, this);
  }
}

function keyOf({ address, port }: Pick<Endpoint, 'address' | 'port'>): string {
  return `${address} ${port}`;
}

function takeTrial({ trials }: Selection, now: number): UpstreamEndpoint {
  const endpoint = trials.pop() as UpstreamEndpoint;
  endpoint.health.tryOut(now);
  return endpoint;
}

/** Ready ones; while there is none, those that terminate but still serve (KEP-1669). */
function usableOf(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : endpoints.filter((endpoint) => endpoint.serving && endpoint.terminating);
}
