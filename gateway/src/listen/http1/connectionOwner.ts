import type { Reason } from '../../proxy/reasons.ts';
import type { Exchange } from '../exchange.ts';
import type { HeadLimits } from './headReader.ts';

/** What a connection needs of its listener. */
export interface ConnectionOwner {
  readonly name: string;
  /** Every answer says that its connection ends. */
  readonly draining: boolean;
  /** A connection this old takes no further request, give or take a fifth; infinite for never. */
  readonly maxConnectionAgeMs: number;
  readonly limits: HeadLimits;
  /** Monotonic milliseconds. */
  now(): number;
  onExchange(exchange: Exchange): void;
  /** Answered without an exchange. */
  onRefused(reason: Reason): void;
}

/** How long a connection may take, in milliseconds. */
export interface ConnectionTimes {
  /** From its opening, or the first byte of a head, to the end of that head. */
  readonly headerTimeoutMs: number;
  /** Without a request, and without taking anything of an answer. */
  readonly idleTimeoutMs: number;
}
