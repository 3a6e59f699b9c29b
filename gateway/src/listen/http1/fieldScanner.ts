import type { Reason } from '../../proxy/reasons.ts';
import { COLON, CR, fieldValueBytes, LF, SPACE, skip, TAB, tokenBytes } from './characters.ts';

const State = {
  LineStart: 0,
  Name: 1,
  Blank: 2,
  Value: 3,
  LineFeed: 4,
  LastLineFeed: 5,
  Complete: 6,
  Failed: 7,
} as const;
type State = (typeof State)[keyof typeof State];

/** How many marks a field has. */
export const MARKS_A_FIELD = 4;

/**
 * Finds the field lines of a head or of trailers, up to the empty line behind them (RFC 9112 5), in bytes that may come in any pieces.
 * Strict where leniency lets two readers disagree: lines end in CRLF alone, no line is folded, nothing stands before a colon but a
 * token, and no value has a control character.
 */
export class FieldScanner {
  /**
   * Where each field's name and value begin and end, counted from the `origin` that `scan` was given. The value may end in blanks. What stands
   * behind `markCount` is of other fields: an array that is cut short would have to grow again.
   */
  readonly marks: number[] = [];
  markCount = 0;
  #state: State = State.LineStart;
  #failure: Reason | undefined;
  #maxFields = 0;

  get complete(): boolean {
    return this.#state === State.Complete;
  }

  /** Why these are no fields; undefined as long as they may be. */
  get failure(): Reason | undefined {
    return this.#failure;
  }

  /** Begins with other fields. */
  begin(maxFields: number): void {
    this.markCount = 0;
    this.#state = State.LineStart;
    this.#failure = undefined;
    this.#maxFields = maxFields;
  }

  /** Goes on at `from`; returns where it stopped: behind the empty line, at the byte that is wrong, or at the end of `bytes`. */
  scan(bytes: Uint8Array, from: number, origin: number): number {
    let at = from;
    while (at < bytes.length && this.#state < State.Complete) at = this.#step(bytes, at, origin);
    return at;
  }

  #step(bytes: Uint8Array, at: number, origin: number): number {
    switch (this.#state) {
      case State.LineStart:
        return this.#startLine(bytes[at] as number, at, origin);
      case State.Name:
        return this.#endRun(bytes, skip(bytes, at, tokenBytes), origin, COLON, State.Blank);
      case State.Blank:
        return this.#skipBlank(bytes[at] as number, at, origin);
      case State.Value:
        return this.#endRun(bytes, skip(bytes, at, fieldValueBytes), origin, CR, State.LineFeed);
      case State.LineFeed:
        return this.#expectLineFeed(bytes[at] as number, at, State.LineStart);
      default:
        return this.#expectLineFeed(bytes[at] as number, at, State.Complete);
    }
  }

  #startLine(byte: number, at: number, origin: number): number {
    if (byte === CR) {
      this.#state = State.LastLineFeed;
      return at + 1;
    }
    if (tokenBytes[byte] !== 1) return this.#fail('BadRequest', at);
    if (this.markCount === this.#maxFields * MARKS_A_FIELD) return this.#fail('HeadersTooLarge', at);
    this.marks[this.markCount++] = at - origin;
    this.#state = State.Name;
    return at;
  }

  /** A name or a value ends at `at`, unless the bytes do. */
  #endRun(bytes: Uint8Array, at: number, origin: number, delimiter: number, next: State): number {
    if (at === bytes.length) return at;
    if (bytes[at] !== delimiter) return this.#fail('BadRequest', at);
    this.marks[this.markCount++] = at - origin;
    this.#state = next;
    return at + 1;
  }

  #skipBlank(byte: number, at: number, origin: number): number {
    if (byte === SPACE || byte === TAB) return at + 1;
    this.marks[this.markCount++] = at - origin;
    this.#state = State.Value;
    return at;
  }

  #expectLineFeed(byte: number, at: number, next: State): number {
    if (byte !== LF) return this.#fail('BadRequest', at);
    this.#state = next;
    return at + 1;
  }

  #fail(reason: Reason, at: number): number {
    this.#state = State.Failed;
    this.#failure = reason;
    return at;
  }
}
