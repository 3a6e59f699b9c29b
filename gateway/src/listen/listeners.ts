import type { FleetSettings } from '@evergate/contract/routeTable';
import type { Drainable } from '../drain.ts';
import { Http1Listener, type ListenerEvents } from './http1/http1Listener.ts';

/** A listener that could not be opened. */
export interface ListenProblem {
  readonly name: string;
  readonly port: number;
  readonly error: Error;
}

export interface ListenersOptions {
  readonly host: string;
  readonly events: ListenerEvents;
  readonly now: () => number;
}

interface Opened {
  readonly port: number;
  readonly listener: Http1Listener;
}

/** The ports that the route table names, opened and closed as it says. */
export class Listeners implements Drainable {
  readonly #options: ListenersOptions;
  readonly #open = new Map<string, Opened>();
  /** Removed from the table; their connections end with the requests on them. */
  readonly #leaving = new Set<Http1Listener>();
  #draining = false;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** Follows a table: opens what is new, closes what is gone, hands limits to the rest. Resolves with what could not be opened. */
  async apply({
    listeners,
    clientTraffic,
  }: Pick<FleetSettings, 'listeners' | 'clientTraffic'>): Promise<ListenProblem[]> {
    const wanted = new Map(listeners.map(({ name, port }) => [name, port]));
    for (const [name, { port, listener }] of this.#open) if (wanted.get(name) !== port) this.#close(name, listener);
    const problems: ListenProblem[] = [];
    for (const [name, port] of wanted) {
      const opened = this.#open.get(name);
      if (opened !== undefined) opened.listener.configure(clientTraffic);
      else if (!this.#draining) problems.push(...(await this.#openOne(name, port, clientTraffic)));
    }
    return problems;
  }

  /** Ports bound, by listener name. */
  get ports(): ReadonlyMap<string, number> {
    return new Map([...this.#open].map(([name, { port }]) => [name, port]));
  }

  get connections(): number {
    let total = 0;
    for (const listener of this.#all()) total += listener.connections;
    return total;
  }

  announceClose(): void {
    this.#draining = true;
    for (const listener of this.#all()) listener.announceClose();
  }

  stopAccepting(): void {
    for (const { listener } of this.#open.values()) listener.stopAccepting();
  }

  closeIdle(forMs: number): void {
    for (const listener of this.#all()) listener.closeIdle(forMs);
  }

  destroy(): void {
    for (const listener of this.#all()) listener.destroy();
  }

  *#all(): Generator<Http1Listener> {
    for (const { listener } of this.#open.values()) yield listener;
    yield* this.#leaving;
  }

  async #openOne(name: string, port: number, clientTraffic: FleetSettings['clientTraffic']): Promise<ListenProblem[]> {
    const { host, events, now } = this.#options;
    const listener = new Http1Listener({ name, clientTraffic, events, now });
    try {
      await listener.listen(port, host);
    } catch (error) {
      return [{ name, port, error: error as Error }];
    }
    this.#open.set(name, { port, listener });
    return [];
  }

  #close(name: string, listener: Http1Listener): void {
    this.#open.delete(name);
    listener.announceClose();
    listener.stopAccepting();
    this.#leaving.add(listener);
    for (const left of this.#leaving) if (left.connections === 0) this.#leaving.delete(left);
  }
}
