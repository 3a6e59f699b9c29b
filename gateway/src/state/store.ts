import type { LimitCharge, LimitState } from './limit.ts';

/** Why a store did not do what it was asked. */
export type StoreFailure =
  /** It does not answer; nothing was sent. */
  | 'Down'
  /** It did not answer in time. */
  | 'Timeout'
  /** As many commands are under way as may be. */
  | 'Overloaded'
  /** It answered with an error. */
  | 'Refused';

/** What a store rejects with. It carries no key and no value, as errors of a client do. */
export class StoreError extends Error {
  readonly failure: StoreFailure;

  /** `code` is the store's own, such as `READONLY`. */
  constructor(failure: StoreFailure, code?: string) {
    super(code === undefined ? `the store failed: ${failure}` : `the store failed: ${failure}, ${code}`);
    this.failure = failure;
  }
}

/** A session as it is stored: JSON text, or the fields of a hash. */
export type StoredSession = string | Readonly<Record<string, string>>;

export interface StoreStatus {
  readonly up: boolean;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * What the gateways of a fleet share. Every method settles within the command timeout, and at once while the store is down; it rejects
 * with a `StoreError` and nothing else.
 */
export interface Store {
  /**
   * Charges a request to several limits, and says for each what became of it, in their order. Limits of one cluster node are charged
   * together or, where one of them refuses that is no dry run, not at all.
   */
  take(charges: readonly LimitCharge[]): Promise<readonly LimitState[]>;
  /** Undefined where there is none. With `renewMs` above 0 it lives that long from now. Larger than `maxSessionBytes` is refused. */
  session(key: string, renewMs: number): Promise<StoredSession | undefined>;
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttlMs: number): Promise<void>;
  /** As `set`, where there is a value already. */
  replace(key: string, value: string, ttlMs: number): Promise<void>;
  readonly status: StoreStatus;
  close(): void;
}

/** The largest session, and the largest hash that is read as one. */
export const maxSessionBytes = 16_384;
export const maxSessionFields = 128;
