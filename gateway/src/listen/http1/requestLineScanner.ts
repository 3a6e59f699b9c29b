import { METHODS } from 'node:http';
import type { Reason } from '../../proxy/reasons.ts';
import { CR, LF, SPACE, skip, targetBytes, tokenBytes } from './characters.ts';

const State = {
  Start: 0,
  StartLineFeed: 1,
  Method: 2,
  BeforeTarget: 3,
  Target: 4,
  BeforeVersion: 5,
  Version: 6,
  LineFeed: 7,
  Complete: 8,
  Failed: 9,
} as const;
type State = (typeof State)[keyof typeof State];

const VERSION = Buffer.from('HTTP/1.', 'latin1');
/** From here on what differs is another version, before it is no HTTP. */
const VERSION_NUMBER_AT = 5;
const ZERO = 0x30;
const ONE = 0x31;

const methods: ReadonlyMap<string, string> = new Map(METHODS.map((method) => [method, method]));
const LONGEST_METHOD = Math.max(...METHODS.map(({ length }) => length));
const GET = Buffer.from('GET', 'latin1');

/**
 * Reads a request line (RFC 9112 3) in bytes that may come in any pieces. Empty lines before it are skipped (2.2); spaces between its
 * parts may be several, which cannot mislead anybody, as no part may contain one.
 */
export class RequestLineScanner {
  /** Where the method begins, where the target begins and ends, counted from the `origin` that `scan` was given. */
  targetStart = 0;
  targetEnd = 0;
  method = '';
  version: '1.0' | '1.1' = '1.1';
  #methodStart = 0;
  #state: State = State.Start;
  #matched = 0;
  #failure: Reason | undefined;
  #maxTargetBytes = 0;

  /** Not a byte of a request has come, empty lines apart. */
  get untouched(): boolean {
    return this.#state <= State.StartLineFeed;
  }

  get complete(): boolean {
    return this.#state === State.Complete;
  }

  /** Why this is no request line; undefined as long as it may be. */
  get failure(): Reason | undefined {
    return this.#failure;
  }

  /** Begins with another line. */
  begin(maxTargetBytes: number): void {
    this.#state = State.Start;
    this.#matched = 0;
    this.#failure = undefined;
    this.#maxTargetBytes = maxTargetBytes;
  }

  /** Goes on at `from`; returns where it stopped: behind the line, at the byte that is wrong, or at the end of `bytes`. */
  scan(bytes: Buffer, from: number, origin: number): number {
    let at = from;
    while (at < bytes.length && this.#state < State.Complete) at = this.#step(bytes, at, origin);
    return at;
  }

  #step(bytes: Buffer, at: number, origin: number): number {
    const byte = bytes[at] as number;
    switch (this.#state) {
      case State.Start:
        return this.#start(byte, at, origin);
      case State.StartLineFeed:
        return this.#expect(byte === LF, at, State.Start);
      case State.Method:
        return this.#endMethod(bytes, skip(bytes, at, tokenBytes), origin);
      case State.BeforeTarget:
        return byte === SPACE ? at + 1 : this.#startTarget(byte, at, origin);
      case State.Target:
        return this.#endTarget(bytes, skip(bytes, at, targetBytes), origin);
      case State.BeforeVersion:
        return byte === SPACE ? at + 1 : this.#enter(State.Version, at);
      case State.Version:
        return this.#matchVersion(byte, at);
      default:
        return this.#expect(byte === LF, at, State.Complete);
    }
  }

  #start(byte: number, at: number, origin: number): number {
    if (byte === CR) return this.#enter(State.StartLineFeed, at + 1);
    this.#methodStart = at - origin;
    return tokenBytes[byte] === 1 ? this.#enter(State.Method, at) : this.#fail('BadRequest', at);
  }

  #endMethod(bytes: Buffer, at: number, origin: number): number {
    const start = this.#methodStart + origin;
    if (at - start > LONGEST_METHOD) return this.#fail('BadRequest', at);
    if (at === bytes.length) return at;
    const method = bytes[at] === SPACE ? methodOf(bytes, start, at) : undefined;
    if (method === undefined) return this.#fail('BadRequest', at);
    this.method = method;
    return this.#enter(State.BeforeTarget, at + 1);
  }

  #startTarget(byte: number, at: number, origin: number): number {
    this.targetStart = at - origin;
    return targetBytes[byte] === 1 ? this.#enter(State.Target, at) : this.#fail('BadRequest', at);
  }

  #endTarget(bytes: Buffer, at: number, origin: number): number {
    if (at - origin - this.targetStart > this.#maxTargetBytes) return this.#fail('TargetTooLong', at);
    if (at === bytes.length) return at;
    const byte = bytes[at];
    this.targetEnd = at - origin;
    if (byte === SPACE) return this.#enter(State.BeforeVersion, at + 1);
    // A line that ends here is HTTP/0.9.
    return this.#fail(byte === CR || byte === LF ? 'VersionNotSupported' : 'BadRequest', at);
  }

  #matchVersion(byte: number, at: number): number {
    const matched = this.#matched++;
    if (matched < VERSION.length) {
      if (byte === VERSION[matched]) return at + 1;
      return this.#fail(matched < VERSION_NUMBER_AT ? 'BadRequest' : 'VersionNotSupported', at);
    }
    if (matched === VERSION.length) {
      this.version = byte === ZERO ? '1.0' : '1.1';
      return byte === ZERO || byte === ONE ? at + 1 : this.#fail('VersionNotSupported', at);
    }
    return byte === CR ? this.#enter(State.LineFeed, at + 1) : this.#fail('VersionNotSupported', at);
  }

  #expect(met: boolean, at: number, next: State): number {
    return met ? this.#enter(next, at + 1) : this.#fail('BadRequest', at);
  }

  #enter(state: State, at: number): number {
    this.#state = state;
    return at;
  }

  #fail(reason: Reason, at: number): number {
    this.#state = State.Failed;
    this.#failure = reason;
    return at;
  }
}

/** The method as a string that all requests share; undefined for one that is not registered. */
function methodOf(bytes: Buffer, start: number, end: number): string | undefined {
  if (
    end - start === GET.length &&
    GET[0] === bytes[start] &&
    GET[1] === bytes[start + 1] &&
    GET[2] === bytes[start + 2]
  )
    return 'GET';
  return methods.get(bytes.toString('latin1', start, end));
}
