import type { Reason } from '../../proxy/reasons.ts';
import type { HeaderList } from '../exchange.ts';
import { SPACE, TAB } from './characters.ts';
import { FieldScanner, MARKS_A_FIELD } from './fieldScanner.ts';
import { RequestLineScanner } from './requestLineScanner.ts';

export interface HeadLimits {
  /** Bytes of the request line and all fields. */
  readonly maxHeaderBytes: number;
  readonly maxHeaderCount: number;
  readonly maxTargetBytes: number;
}

/** A head as it stood on the wire: well-formed, and not yet looked at for what it means. */
export interface RawHead {
  readonly method: string;
  readonly target: string;
  readonly version: '1.0' | '1.1';
  /** Names in the case they came in, values without blanks around them. One character a byte. */
  readonly headers: HeaderList;
}

/** Bytes that are first made room for; a longer head gets twice as much each time. */
const KEPT_BYTES = 1_024;

/** Reads one head after the other, from bytes that may come in any pieces. A head that comes whole is not copied. */
export class HeadReader {
  readonly #line = new RequestLineScanner();
  readonly #fields = new FieldScanner();
  #limits: HeadLimits = { maxHeaderBytes: 0, maxHeaderCount: 0, maxTargetBytes: 0 };
  /** The beginning of a head that came in pieces. */
  #kept: Buffer | undefined;
  #keptBytes = 0;
  #head: RawHead | undefined;
  #failure: Reason | undefined;

  /** A part of a head has come, and the rest has not. */
  get halfway(): boolean {
    return !this.#line.untouched && this.#head === undefined;
  }

  /** The head, once it is complete. */
  get head(): RawHead | undefined {
    return this.#head;
  }

  get failure(): Reason | undefined {
    return this.#failure;
  }

  /** Begins with another head; called before the first `read`. */
  begin(limits: HeadLimits): void {
    this.#limits = limits;
    this.#line.begin(limits.maxTargetBytes);
    this.#fields.begin(limits.maxHeaderCount);
    this.#kept = undefined;
    this.#keptBytes = 0;
    this.#head = undefined;
    this.#failure = undefined;
  }

  /** Goes on at `at`; returns where it stopped. Then there is a head, or a failure, or more bytes are needed. */
  read(bytes: Buffer, at: number): number {
    if (this.#kept === undefined) return this.#scan(bytes, at, at);
    const keptBefore = this.#keptBytes;
    const kept = this.#keep(this.#kept, bytes, at);
    return at + this.#scan(kept, keptBefore, 0) - keptBefore;
  }

  /** `origin` is where the head begins in `bytes`. */
  #scan(bytes: Buffer, from: number, origin: number): number {
    let at = this.#line.scan(bytes, from, origin);
    if (this.#line.complete) at = this.#fields.scan(bytes, at, origin);
    this.#failure = this.#line.failure ?? this.#fields.failure;
    if (this.#failure !== undefined || this.#line.untouched) return at;
    if (at - origin > this.#limits.maxHeaderBytes) this.#failure = 'HeadersTooLarge';
    else if (this.#fields.complete) this.#head = this.#take(bytes.toString('latin1', origin, at));
    else if (this.#kept === undefined) this.#keep(Buffer.allocUnsafe(KEPT_BYTES), bytes, origin);
    return at;
  }

  /** Copies `bytes` from `from` on behind what `kept` has, as far as a head may be long. Returns what is kept. */
  #keep(kept: Buffer, bytes: Buffer, from: number): Buffer {
    const added = Math.min(bytes.length - from, this.#limits.maxHeaderBytes + 1 - this.#keptBytes);
    const total = this.#keptBytes + added;
    let room = kept;
    if (total > kept.length) {
      room = Buffer.allocUnsafe(Math.max(total, kept.length * 2));
      kept.copy(room, 0, 0, this.#keptBytes);
    }
    bytes.copy(room, this.#keptBytes, from, from + added);
    this.#kept = room;
    this.#keptBytes = total;
    return room.subarray(0, total);
  }

  /** One text for the whole head, and its parts as views of it. */
  #take(text: string): RawHead {
    const { marks, markCount } = this.#fields;
    const headers: string[] = [];
    for (let index = 0; index < markCount; index += MARKS_A_FIELD) {
      const valueStart = marks[index + 2] as number;
      headers.push(
        text.slice(marks[index], marks[index + 1]),
        text.slice(valueStart, trimEnd(text, valueStart, marks[index + 3] as number)),
      );
    }
    const { method, version, targetStart, targetEnd } = this.#line;
    return { method, version, target: text.slice(targetStart, targetEnd), headers };
  }
}

/** Where the text between `start` and `end` ends without blanks. */
function trimEnd(text: string, start: number, end: number): number {
  let trimmed = end;
  while (trimmed > start && isBlank(text.charCodeAt(trimmed - 1))) trimmed--;
  return trimmed;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
