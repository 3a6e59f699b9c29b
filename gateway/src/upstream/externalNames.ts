import type { Endpoint } from '@evergate/contract/endpoints';
import type { IsForbidden } from './forbiddenAddresses.ts';

const TICK_MS = 250;
const MAX_IN_FLIGHT = 16;
/** Records are looked up again when their time to live is over, within these bounds. */
const MIN_TTL_MS = 1_000;
const MAX_TTL_MS = 300_000;
/** After a failure, twice as long each time; the addresses known before stay. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
const MAX_ADDRESSES = 64;

/** What a name server says: addresses, and how long that holds, in seconds. */
export interface AddressRecord {
  readonly address: string;
  readonly ttl: number;
}

/** `node:dns/promises`' Resolver, as far as it is used. */
export interface NameServers {
  resolve4(hostname: string, options: { readonly ttl: true }): Promise<readonly AddressRecord[]>;
  resolve6(hostname: string, options: { readonly ttl: true }): Promise<readonly AddressRecord[]>;
}

export interface ExternalName {
  readonly hostname: string;
  readonly port: number;
}

export interface NameCounters {
  dnsLookups: number;
  dnsFailures: number;
  /** Addresses that a name resolved to and that must not be connected to. */
  dnsForbidden: number;
}

export interface ExternalNamesOptions {
  readonly servers: NameServers;
  readonly isForbidden: IsForbidden;
  readonly counters: NameCounters;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

interface Entry {
  readonly name: ExternalName;
  readonly onChanged: () => void;
  endpoints: readonly Endpoint[];
  dueAt: number;
  failures: number;
  busy: boolean;
}

/**
 * Resolves the names of ExternalName Services, again and again as their time to live says. Each answer is checked anew: a name that
 * was harmless may lead into the cluster a moment later. While no answer comes, the last addresses stay.
 */
export class ExternalNames {
  readonly #options: ExternalNamesOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #timer: NodeJS.Timeout;
  #inFlight = 0;

  constructor(options: ExternalNamesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.#timer.unref();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Where the backend `id` is now; `onChanged` is called when that changes. The same name again changes nothing. */
  endpointsOf(id: string, name: ExternalName, onChanged: () => void): readonly Endpoint[] {
    const known = this.#entries.get(id);
    if (known?.name.hostname === name.hostname && known.name.port === name.port) return known.endpoints;
    const entry: Entry = { name, onChanged, endpoints: [], dueAt: 0, failures: 0, busy: false };
    this.#entries.set(id, entry);
    void this.#resolve(entry);
    return entry.endpoints;
  }

  forget(id: string): void {
    this.#entries.delete(id);
  }

  /** Looks up what is due. Called by the timer. */
  tick(): void {
    const now = this.#options.clock();
    for (const entry of this.#entries.values()) if (entry.dueAt <= now) void this.#resolve(entry);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#entries.clear();
  }

  /** What has no place now is looked up with the next tick. */
  async #resolve(entry: Entry): Promise<void> {
    if (entry.busy || this.#inFlight >= MAX_IN_FLIGHT) return;
    const { counters, clock } = this.#options;
    entry.busy = true;
    this.#inFlight++;
    counters.dnsLookups++;
    const records = await this.#lookUp(entry.name.hostname);
    this.#inFlight--;
    entry.busy = false;
    if (records.length === 0) {
      counters.dnsFailures++;
      entry.dueAt = clock() + Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** entry.failures++);
      return;
    }
    entry.failures = 0;
    entry.dueAt = clock() + lifetimeMs(records);
    this.#take(entry, records);
  }

  /** IPv4, else IPv6. Empty where neither brings an answer. */
  async #lookUp(hostname: string): Promise<readonly AddressRecord[]> {
    const { servers } = this.#options;
    const found = await servers.resolve4(hostname, { ttl: true }).catch(noRecords);
    return found.length > 0 ? found : await servers.resolve6(hostname, { ttl: true }).catch(noRecords);
  }

  #take(entry: Entry, records: readonly AddressRecord[]): void {
    const { isForbidden, counters } = this.#options;
    const addresses = [...new Set(records.map(({ address }) => address))].sort();
    const allowed = addresses.filter((address) => !isForbidden(address)).slice(0, MAX_ADDRESSES);
    counters.dnsForbidden += addresses.filter(isForbidden).length;
    const before = entry.endpoints.map(({ address }) => address);
    if (before.length === allowed.length && before.every((address, index) => address === allowed[index])) return;
    const { port } = entry.name;
    entry.endpoints = allowed.map((address) => ({ address, port, ready: true, serving: true, terminating: false }));
    entry.onChanged();
  }
}

function lifetimeMs(records: readonly AddressRecord[]): number {
  const ttlMs = Math.min(...records.map(({ ttl }) => ttl)) * 1_000;
  return Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, ttlMs));
}

function noRecords(): readonly AddressRecord[] {
  return [];
}
