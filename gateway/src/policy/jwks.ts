import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import type { CallResponse } from '../upstream/call.ts';
import { loadJose } from './jose.ts';
import type { PolicyCounters } from './policyCounters.ts';

const REFRESH_MS = 300_000;
/** Tokens can name keys that nobody knows, as often as their sender likes. */
const LEAST_BETWEEN_MS = 60_000;
/** Without any keys nobody can come in, so they are asked for more often. */
const RETRY_MS = 1_000;
const MAX_KEYS = 100;

/** Keys that signatures are verified with. */
export interface KeySource {
  /** The keys, asked for where there are none yet; undefined where they cannot be had. */
  keys(): Promise<JWTVerifyGetKey | undefined>;
  /** A token named a key that is not among them. Resolves with whether they are newer now. */
  renew(): Promise<boolean>;
  /** Grows whenever the keys change: what was found with others counts no more. */
  readonly version: number;
}

export interface FetchedKeysOptions {
  readonly fetch: () => Promise<CallResponse>;
  readonly counters: PolicyCounters;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** Keys of a server (RFC 7517): renewed in the background while they are in use, and kept while it does not answer. */
export class FetchedKeys implements KeySource {
  readonly #options: FetchedKeysOptions;
  #keys: JWTVerifyGetKey | undefined;
  #text = '';
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<boolean> | undefined;
  version = 0;

  constructor(options: FetchedKeysOptions) {
    this.#options = options;
  }

  async keys(): Promise<JWTVerifyGetKey | undefined> {
    const age = this.#options.clock() - this.#askedAt;
    if (this.#keys === undefined) {
      if (this.#asking !== undefined || age >= RETRY_MS) await this.#ask();
    } else if (age >= REFRESH_MS) {
      void this.#ask();
    }
    return this.#keys;
  }

  async renew(): Promise<boolean> {
    if (this.#asking === undefined && this.#options.clock() - this.#askedAt < LEAST_BETWEEN_MS) return false;
    return this.#ask();
  }

  /** Everyone waits for the same answer. Never rejects. */
  #ask(): Promise<boolean> {
    this.#asking ??= this.#fetch().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #fetch(): Promise<boolean> {
    const { counters, clock, fetch } = this.#options;
    this.#askedAt = clock();
    counters.jwksFetches++;
    try {
      const { status, body } = await fetch();
      const text = body.toString('utf8');
      if (status === 200 && text === this.#text) return false;
      const keys = status === 200 ? await readKeys(text) : undefined;
      if (keys === undefined) throw new Error('the answer is no JWK Set');
      this.#keys = keys;
      this.#text = text;
      this.version++;
      return true;
    } catch {
      counters.jwksFetchFailures++;
      return false;
    }
  }
}

/** Keys that the route itself lists. */
export class InlineKeys implements KeySource {
  readonly version = 0;
  readonly #text: string;
  #keys: Promise<JWTVerifyGetKey | undefined> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  keys(): Promise<JWTVerifyGetKey | undefined> {
    this.#keys ??= readKeys(this.#text);
    return this.#keys;
  }

  async renew(): Promise<boolean> {
    return false;
  }
}

/** Reads a JWK Set of at most 100 keys; undefined where it is none. */
async function readKeys(text: string): Promise<JWTVerifyGetKey | undefined> {
  if (!isKeySet(text)) return undefined;
  const { createLocalJWKSet } = await loadJose();
  return createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
}

/** Whether a text is a JWK Set as JSON, of at most 100 keys. */
export function isKeySet(text: string): boolean {
  try {
    const { keys } = Object(JSON.parse(text)) as { readonly keys?: unknown };
    const isKey = (key: unknown): boolean => typeof key === 'object' && key !== null && 'kty' in key;
    return Array.isArray(keys) && keys.length <= MAX_KEYS && keys.every(isKey);
  } catch {
    return false;
  }
}
