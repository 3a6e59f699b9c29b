import type { Logger } from '@evergate/process/log';
import type { ServedConfig } from './adminPort.ts';
import type { Drain } from './drain.ts';
import type { Listeners, ListenProblem } from './listen/listeners.ts';
import type { AuthProcess } from './policy/authProcess.ts';
import type { Gateway } from './proxy/gateway.ts';
import type { Change } from './reload/change.ts';
import type { Snapshot } from './snapshot/snapshot.ts';

export interface ServingParts {
  readonly gateway: Gateway;
  readonly listeners: Listeners;
  readonly drain: Drain;
  readonly log: Logger;
  readonly auth: Pick<AuthProcess, 'secrets' | 'state'>;
}

/** How soon a port that could not be opened is tried again: whoever held it may be on the way out. */
const REOPEN_MS = 500;

/** What the gateway serves: takes over what the reloader brings, and says whether all of it is in service. */
export class Serving {
  readonly #parts: ServingParts;
  #problems: readonly ListenProblem[] = [];
  #bound = false;
  #begun = false;
  #binding: Promise<void> = Promise.resolve();

  constructor(parts: ServingParts) {
    this.#parts = parts;
    parts.auth.state.onStatusChanged = () => this.#announceReady();
  }

  /** Ports that the table names and that could not be opened. */
  get problems(): readonly ListenProblem[] {
    return this.#problems;
  }

  get hasTable(): boolean {
    return this.#parts.gateway.snapshot !== undefined;
  }

  /** It has begun and serves a table on all its ports. */
  get listening(): boolean {
    return this.#begun && this.hasTable && this.#bound && this.#problems.length === 0;
  }

  /** ... and what it cannot do without is there. */
  get ready(): boolean {
    return this.listening && !this.#lacksRedis;
  }

  /** As the table says: by default a gateway goes on without, for if none did, Redis would be what all depends on. */
  get #lacksRedis(): boolean {
    const { gateway, auth } = this.#parts;
    return gateway.snapshot?.settings.redis?.readiness === 'Required' && auth.state.status?.up !== true;
  }

  get config(): ServedConfig | undefined {
    const { snapshot } = this.#parts.gateway;
    if (snapshot === undefined) return undefined;
    const { order, settings, rules } = snapshot;
    return { order, settings, rules: rules.map(({ rule }) => rule) };
  }

  /** From now on it may be ready. Before, the sources of its documents have had time to say what is newest. */
  begin(): void {
    this.#begun = true;
    this.#announceReady();
  }

  /** Swaps a change in: from the next request on it holds. */
  apply(change: Change): void {
    const { gateway, auth } = this.#parts;
    switch (change.kind) {
      case 'routes':
        gateway.backends.configure(change.backends);
        gateway.serve(change.snapshot);
        gateway.counters.tableServed(change.snapshot.order);
        gateway.counters.rules.retain(change.snapshot.rules.map(({ slot }) => slot));
        this.#configureState();
        this.#bind(change.snapshot);
        return;
      case 'endpoints':
        gateway.serveEndpoints(change.backends);
        auth.state.gateways = change.gateways;
        return;
      case 'secrets':
        auth.secrets.update(change.secrets);
        this.#configureState();
        return;
    }
  }

  /** Where the shared state is follows from the table and the secrets, whichever came last. */
  #configureState(): void {
    const { gateway, auth } = this.#parts;
    const { snapshot } = gateway;
    if (snapshot === undefined) return;
    auth.state.configure(snapshot.order.fleetUID, snapshot.settings.redis, (id) => auth.secrets.entry(id));
  }

  /** Announces the way out; resolves after the propagation delay. */
  beginDrain(): Promise<void> {
    this.#parts.gateway.ready = false;
    return this.#parts.drain.begin();
  }

  async finishDrain(): Promise<void> {
    await this.beginDrain();
    await this.#parts.drain.finish();
  }

  /** One after the other: two tables in quick succession must not race for a port. */
  #bind(snapshot: Snapshot): void {
    this.#binding = this.#binding.then(() => this.#bindNow(snapshot));
  }

  async #bindNow(snapshot: Snapshot): Promise<void> {
    const { gateway, listeners, log } = this.#parts;
    if (gateway.snapshot !== snapshot) return;
    this.#problems = await listeners.apply(snapshot.settings);
    this.#bound = true;
    this.#announceReady();
    if (this.#problems.length === 0) return;
    for (const { name, port, error } of this.#problems) {
      log.error('a listener could not be opened; it is tried again', { listener: name, port, error });
    }
    setTimeout(() => this.#bind(snapshot), REOPEN_MS).unref();
  }

  #announceReady(): void {
    const { gateway, drain } = this.#parts;
    gateway.ready = this.ready && !drain.draining;
  }
}
