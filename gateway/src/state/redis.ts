import { Cluster } from 'ioredis';
import { byNode } from './byNode.ts';
import { CommandTimeouts } from './commandTimeouts.ts';
import type { LimitCharge, LimitState } from './limit.ts';
import { limitArguments, readAnswers } from './limitCommand.ts';
import { LuaScript, replyCode } from './luaScript.ts';
import { createRedisClient, leaveConnection, type RedisClient } from './redisClient.ts';
import type { RedisSettings } from './redisSettings.ts';
import { readSession } from './scripts/readSession.ts';
import { takeLimits } from './scripts/takeLimits.ts';
import { type Store, type StoredSession, StoreError, type StoreStatus } from './store.ts';
import { readStoredSession } from './storedSession.ts';
import { StoreHealth } from './storeHealth.ts';

/** Commands under way; a store that answers within its time limit stays far below. */
const MAX_WAITING = 20_000;

/** How soon a client that ended is made to connect again. */
const END_MS = 50;

/** Answers that mean that no command would do better. Others concern one key. */
const UNUSABLE: ReadonlySet<string> = new Set(
  'READONLY LOADING MASTERDOWN CLUSTERDOWN NOREPLICAS NOAUTH WRONGPASS OOM MISCONF BUSY UNKILLABLE'.split(' '),
);

export interface RedisStoreOptions {
  readonly settings: RedisSettings;
  /** Called when the store comes or goes, with what last went wrong. Nothing in `reason` is secret. */
  readonly onChanged?: ((status: StoreStatus, reason: string | undefined) => void) | undefined;
  /** Called for what goes wrong with the connection, also while it is down. */
  readonly onFailure?: ((reason: string) => void) | undefined;
}

/** A fleet's shared state in Redis. */
export class RedisStore implements Store {
  readonly #client: RedisClient;
  readonly #timeouts: CommandTimeouts;
  readonly #health: StoreHealth;
  readonly #takeLimits = new LuaScript(takeLimits);
  readonly #readSession = new LuaScript(readSession);
  readonly #isCluster: boolean;
  readonly #onFailure: RedisStoreOptions['onFailure'];
  #reason: string | undefined;
  #isCorked = false;
  #closed = false;

  constructor({ settings, onChanged, onFailure }: RedisStoreOptions) {
    this.#onFailure = onFailure;
    this.#isCluster = settings.mode === 'Cluster';
    this.#timeouts = new CommandTimeouts(settings.commandTimeoutMs);
    this.#client = createRedisClient(settings);
    this.#health = new StoreHealth({
      ask: () => this.#issue(async () => void (await this.#client.ping())),
      onDeaf: () => leaveConnection(this.#client),
      onChanged: (status) => onChanged?.(status, status.up ? undefined : this.#reason),
    });
    // Without a listener an error would end the process.
    this.#client.on('error', (error: Error) => this.#note(error));
    this.#client.on('ready', () => this.#health.ask());
    this.#client.on('close', () => this.#health.lost());
    this.#client.on('end', () => this.#connectAgain());
  }

  get status(): StoreStatus {
    return this.#health.status;
  }

  async take(charges: readonly LimitCharge[]): Promise<readonly LimitState[]> {
    if (!this.#isCluster || charges.length === 1) return this.#takeTogether(charges);
    return byNode(charges, (together) => this.#takeTogether(together));
  }

  async session(key: string, renewMs: number): Promise<StoredSession | undefined> {
    const answer = await this.#send(() => this.#readSession.run(this.#client, [key], [renewMs]));
    return readStoredSession(answer);
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#send(() => this.#client.get(key))) ?? undefined;
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#send(() => this.#client.set(key, value, 'PX', Math.max(1, Math.ceil(ttlMs))));
  }

  async replace(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#send(() => this.#client.set(key, value, 'PX', Math.max(1, Math.ceil(ttlMs)), 'XX'));
  }

  close(): void {
    this.#closed = true;
    this.#health.close();
    this.#client.disconnect();
    this.#timeouts.close();
  }

  async #takeTogether(charges: readonly LimitCharge[]): Promise<readonly LimitState[]> {
    const keys = charges.map(({ key }) => key);
    const answer = await this.#send(() => this.#takeLimits.run(this.#client, keys, limitArguments(charges)));
    return readAnswers(answer, charges.length);
  }

  /**
   * A client that ended never comes back by itself. ioredis ends one where it hears of a failover while it is connecting: its listener of
   * the failover before closes the connector under it.
   */
  #connectAgain(): void {
    if (this.#closed) return;
    setTimeout(() => {
      if (!this.#closed && this.#client.status === 'end') this.#client.connect().catch((error) => this.#note(error));
    }, END_MS).unref();
  }

  /** Sends a command while the store is up. */
  #send<T>(command: () => Promise<T>): Promise<T> {
    if (!this.#health.status.up) return Promise.reject(new StoreError('Down'));
    if (this.#timeouts.size >= MAX_WAITING) return Promise.reject(new StoreError('Overloaded'));
    this.#cork();
    return this.#issue(command);
  }

  /** Rejects with a StoreError, within the time limit. An answer that comes later is dropped. */
  #issue<T>(command: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const waiting = this.#timeouts.add(() => {
      this.#reason = 'no answer within the command timeout';
      reject(new StoreError('Timeout'));
      this.#health.failed();
    });
    command().then(
      (value) => {
        if (this.#timeouts.end(waiting)) resolve(value);
      },
      (error: unknown) => {
        if (this.#timeouts.end(waiting)) reject(this.#failure(error));
      },
    );
    return promise;
  }

  #failure(error: unknown): StoreError {
    const code = replyCode(error);
    if (code !== undefined && !UNUSABLE.has(code)) return new StoreError('Refused', code);
    this.#note(error);
    // Connected to what was the primary: whoever knows the new one is asked when the connection is made.
    if (code === 'READONLY') this.#client.disconnect(true);
    if (code === undefined) this.#health.lost();
    else this.#health.failed();
    return new StoreError('Down', code);
  }

  /** The code alone: the texts of some errors repeat the command. */
  #note(error: unknown): void {
    this.#reason = replyCode(error) ?? errorCode(error);
    this.#onFailure?.(this.#reason);
  }

  /** What is sent in one turn of the event loop goes out in one write, which costs as much as a command. */
  #cork(): void {
    if (this.#isCorked || this.#client instanceof Cluster) return;
    const { stream } = this.#client;
    if (stream === undefined) return;
    this.#isCorked = true;
    stream.cork();
    setImmediate(() => {
      this.#isCorked = false;
      stream.uncork();
    });
  }
}

/** Node's code of an error, such as ECONNREFUSED, else its name. */
function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'Error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'name' in error ? String(error.name) : 'Error';
}
