import type { RedisFleetSettings } from '@evergate/contract/redisSettings';
import type { SecretEntry } from '@evergate/contract/secrets';
import type { Logger } from '@evergate/process/log';
import type { LimitCharge, LimitState } from './limit.ts';
import { LocalLimits } from './localLimits.ts';
import { MemoryStore } from './memory.ts';
import { MissingStore } from './missingStore.ts';
import type { RedisSettings } from './redisSettings.ts';
import type { Store, StoreStatus } from './store.ts';

const MAX_LOCAL_COUNTERS = 20_000;

export interface SharedStateOptions {
  readonly log: Logger;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** Makes a store; Redis unless a test says otherwise. Its module is loaded only where a fleet has one. */
  readonly connect?: (settings: RedisSettings, onChanged: StatusListener) => Promise<Store>;
}

export type StatusListener = (status: StoreStatus, reason: string | undefined) => void;

/** What the gateways of a fleet share, and what each keeps for itself while they cannot. One a process; follows the table. */
export class SharedState {
  readonly #options: SharedStateOptions;
  readonly #local: LocalLimits;
  readonly #memory: MemoryStore;
  #store: Store;
  /** Of the store, as text: it is made anew when any of it changes. */
  #settings = '';
  #fleet = '';
  #gateways = 1;
  #isShared = false;
  #closed = false;
  storeFailures = 0;
  /** Called when the store comes or goes. */
  onStatusChanged: () => void = () => {};

  constructor(options: SharedStateOptions) {
    this.#options = options;
    this.#local = new LocalLimits(MAX_LOCAL_COUNTERS, options.clock);
    this.#memory = new MemoryStore(options.clock);
    this.#store = this.#memory;
  }

  get store(): Store {
    return this.#store;
  }

  /** Whether the store is one for all gateways. */
  get isShared(): boolean {
    return this.#isShared;
  }

  /** Of the fleet's Redis; undefined where it has none. */
  get status(): StoreStatus | undefined {
    return this.#isShared ? this.#store.status : undefined;
  }

  /** Begins each key of the fleet's. */
  get keyPrefix(): string {
    return `evergate:${this.#fleet}:`;
  }

  /** How many ready gateways share what a limit permits. */
  set gateways(count: number) {
    this.#gateways = Math.max(1, count);
  }

  /** Takes over the table's settings and the secrets they name. A store whose settings changed is replaced; others stay connected. */
  configure(
    fleetUID: string,
    redis: RedisFleetSettings | undefined,
    secrets: (id: string) => SecretEntry | undefined,
  ): void {
    this.#fleet = fleetUID;
    const resolved = redis === undefined ? undefined : resolveSettings(redis, secrets);
    const settings = JSON.stringify(resolved) ?? '';
    if (settings === this.#settings || this.#closed) return;
    this.#settings = settings;
    this.#replace(new MissingStore(), resolved !== undefined);
    if (resolved === undefined) this.#replace(this.#memory, false);
    else void this.#connect(resolved, settings);
  }

  /** Charges what a gateway counts by itself. */
  takeLocally(charges: readonly LimitCharge[]): readonly LimitState[] {
    return this.#local.take(charges.map((charge) => this.#shareOf(charge)));
  }

  close(): void {
    this.#closed = true;
    this.#store.close();
  }

  #shareOf(charge: LimitCharge): LimitCharge {
    const gateways = this.#gateways;
    if (gateways === 1) return charge;
    const requests = Math.max(1, Math.floor(charge.requests / gateways));
    // A share of less than one request is one request in a longer time.
    const windowMs = charge.requests >= gateways ? charge.windowMs : (charge.windowMs * gateways) / charge.requests;
    return { ...charge, requests, windowMs, burst: Math.max(1, Math.floor(charge.burst / gateways)) };
  }

  async #connect(settings: RedisSettings, wanted: string): Promise<void> {
    const { log, connect = connectRedis } = this.#options;
    try {
      const store = await connect(settings, (status, reason) => this.#report(status, reason, settings));
      if (wanted === this.#settings && !this.#closed) this.#replace(store, true);
      else store.close();
    } catch (error) {
      log.error('the store of the fleet could not be set up', { error });
    }
  }

  #replace(store: Store, isShared: boolean): void {
    if (this.#store !== this.#memory) this.#store.close();
    this.#store = store;
    this.#isShared = isShared;
  }

  #report({ up }: StoreStatus, reason: string | undefined, { mode }: RedisSettings): void {
    const { log } = this.#options;
    this.onStatusChanged();
    if (up) return log.info('Redis answers', { mode });
    this.storeFailures++;
    log.warn('Redis does not answer; what needs it goes on as its onFailure says', { mode, reason });
  }
}

async function connectRedis(settings: RedisSettings, onChanged: StatusListener): Promise<Store> {
  const { RedisStore } = await import('./redis.ts');
  return new RedisStore({ settings, onChanged });
}

function resolveSettings(
  { credentials, tls, readiness: _, ...settings }: RedisFleetSettings,
  secrets: (id: string) => SecretEntry | undefined,
): RedisSettings {
  const { username, password, sentinelPassword } = credentials === undefined ? {} : (secrets(credentials)?.data ?? {});
  const ca = tls?.ca === undefined ? undefined : secrets(tls.ca)?.data['ca.crt'];
  return {
    ...settings,
    username,
    password,
    sentinelPassword,
    tls: tls === undefined ? undefined : { serverName: tls.serverName, ca },
  };
}
