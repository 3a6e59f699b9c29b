import type { Duplex } from 'node:stream';
import type { ResponseFields } from '../upstream/attempt.ts';
import type { Reason } from './reasons.ts';

/** Hears of the one response that is for the client. After `onEnd`, `onUpgrade`, `onGivenUp` or `onAnswered` nothing more comes. */
export interface TriesListener {
  onInform(status: number, fields: ResponseFields): void;
  onHead(status: number, fields: ResponseFields): void;
  onData(chunk: Buffer): void;
  onQuiet(): void;
  onEnd(trailers: ResponseFields): void;
  onUpgrade(status: number, fields: ResponseFields, socket: Duplex, release: () => void): void;
  /** There is no (whole) response. */
  onGivenUp(reason: Reason, retryAfterSeconds?: number): void;
  /** The request was answered in the backend's place. */
  onAnswered(): void;
}
