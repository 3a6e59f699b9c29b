import type { BackendEndpoints } from '@evergate/contract/endpoints';
import type { BackendSettings } from '@evergate/contract/routeTable';
import type { BackendCounters } from '../observe/backendCounters.ts';
import { Backend, type BackendContext, plainContext } from './backend.ts';
import type { ExternalName, ExternalNames } from './externalNames.ts';

const SWEEP_MS = 5_000;

/** All backends by id. Those that no document names any more are forgotten; requests under way keep theirs. */
export class Backends {
  readonly #backends = new Map<string, Backend>();
  readonly #context: BackendContext;
  readonly #counters: BackendCounters;
  readonly #timer: NodeJS.Timeout;
  readonly #externalNames: ExternalNames | undefined;
  #listed = new Map<string, BackendEndpoints>();

  /** Without `externalNames` such backends have no endpoints. */
  constructor(context: Partial<BackendContext>, counters: BackendCounters, externalNames?: ExternalNames) {
    this.#externalNames = externalNames;
    this.#context = { ...plainContext, ...context };
    this.#counters = counters;
    this.#timer = setInterval(() => this.sweep(), SWEEP_MS);
    this.#timer.unref();
  }

  get size(): number {
    return this.#backends.size;
  }

  /** The backend of that id; one that no document named yet has no endpoints. */
  get(id: string): Backend {
    const known = this.#backends.get(id);
    if (known !== undefined) return known;
    const backend = new Backend(id, this.#counters.slotFor(id), this.#context);
    this.#relist(backend);
    this.#backends.set(id, backend);
    return backend;
  }

  [Symbol.iterator](): IterableIterator<Backend> {
    return this.#backends.values();
  }

  /** Takes over how backends are treated, as the route table lists them, and forgets those that it does not name. */
  configure(settings: Iterable<BackendSettings>): void {
    const configured = new Set<string>();
    for (const one of settings) {
      configured.add(one.id);
      this.get(one.id).configure(one);
    }
    for (const [id, backend] of this.#backends) {
      if (configured.has(id)) continue;
      backend.update(undefined);
      this.#backends.delete(id);
      this.#externalNames?.forget(id);
    }
    this.#counters.retain([...this.#backends.values()].map(({ slot }) => slot));
  }

  /** Whether some backend of the cluster is known to have that address: such a one belongs to the cluster. */
  hasAddress(address: string): boolean {
    for (const { clusterAddress, endpoints } of this.#listed.values()) {
      if (clusterAddress?.address === address || endpoints.some((endpoint) => endpoint.address === address))
        return true;
    }
    return false;
  }

  /** Takes over the endpoints document. */
  update(listed: Iterable<BackendEndpoints>): void {
    const next = new Map<string, BackendEndpoints>();
    for (const one of listed) next.set(one.id, one);
    const before = this.#listed;
    this.#listed = next;
    for (const backend of this.#backends.values()) {
      const endpoints = next.get(backend.id);
      if (endpoints !== before.get(backend.id)) this.#relist(backend);
    }
  }

  /** Ends connections that nobody needs. */
  sweep(): void {
    const now = this.#context.clock();
    for (const backend of this.#backends.values()) backend.sweep(now);
  }

  /** Brings the gauges of the counters up to date: what they show changes with time, too. */
  refresh(): void {
    for (const backend of this.#backends.values()) showState(backend, this.#counters);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const backend of this.#backends.values()) backend.update(undefined);
  }

  #relist(backend: Backend): void {
    const listed = this.#listed.get(backend.id);
    backend.update(listed?.externalName === undefined ? listed : this.#resolved(listed, listed.externalName));
    this.#counters.setEndpointsReady(backend.slot, backend.usable.length);
  }

  #resolved({ id }: BackendEndpoints, name: ExternalName): BackendEndpoints {
    const onChanged = (): void => {
      const backend = this.#backends.get(id);
      if (backend !== undefined) this.#relist(backend);
    };
    return { id, endpoints: this.#externalNames?.endpointsOf(id, name, onChanged) ?? [] };
  }
}

const BREAKER_STATES = { Closed: 0, HalfOpen: 1, Open: 2 } as const;

function showState(backend: Backend, counters: BackendCounters): void {
  const { slot, breaker, admission } = backend;
  counters.set(slot, 'unreachable', backend.count('Unreachable'));
  counters.set(slot, 'unhealthy', backend.count('Unhealthy'));
  counters.set(slot, 'ejected', backend.count('Ejected') + backend.count('OnTrial'));
  counters.set(slot, 'breakerState', breaker === undefined ? 0 : BREAKER_STATES[breaker.state]);
  counters.set(slot, 'waiting', admission.waiting);
}
