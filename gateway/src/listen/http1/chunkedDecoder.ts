import type { BodyDecoder } from './bodyDecoder.ts';
import {
  BACKSLASH,
  CR,
  EQUALS,
  fieldValueBytes,
  LF,
  QUOTE,
  quotedBytes,
  SEMICOLON,
  skip,
  tokenBytes,
} from './characters.ts';
import { FieldScanner } from './fieldScanner.ts';
import type { HeadLimits } from './headReader.ts';

const State = {
  SizeStart: 0,
  Size: 1,
  ExtensionName: 2,
  ExtensionNameEnd: 3,
  ExtensionValue: 4,
  ExtensionToken: 5,
  Quoted: 6,
  QuotedPair: 7,
  QuotedEnd: 8,
  SizeLineFeed: 9,
  Data: 10,
  DataEnd: 11,
  DataLineFeed: 12,
  Trailers: 13,
  Complete: 14,
  Broken: 15,
} as const;
type State = (typeof State)[keyof typeof State];

/** Digits of a chunk's size: 52 bits, which a number holds exactly. Leading zeros count. */
const MAX_SIZE_DIGITS = 13;
/** Extensions that a body may have without any data; each byte of data allows another one. */
const FREE_EXTENSION_BYTES = 16_384;
/** ... and those of one chunk. */
const MAX_EXTENSION_BYTES = 4_096;

/**
 * A body in chunks (RFC 9112 7.1). Extensions and trailers are read strictly, bounded, and dropped. Lines end in CRLF alone; a size is
 * hexadecimal digits and nothing else, no blank before or behind.
 */
export class ChunkedDecoder implements BodyDecoder {
  piece: Buffer | undefined;
  readonly #limits: HeadLimits;
  #state: State = State.SizeStart;
  #digits = 0;
  #left = 0;
  /** Bytes of the present chunk's extensions. */
  #extensionBytes = 0;
  #allowance = FREE_EXTENSION_BYTES;
  #trailers: FieldScanner | undefined;
  #trailerBytes = 0;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  get progress(): 'UnderWay' | 'Complete' | 'Broken' {
    if (this.#state === State.Complete) return 'Complete';
    return this.#state === State.Broken ? 'Broken' : 'UnderWay';
  }

  read(bytes: Buffer, from: number): number {
    this.piece = undefined;
    let at = from;
    while (at < bytes.length && this.#state < State.Data) at = this.#readSizeLine(bytes, at);
    if (at < bytes.length && this.#state === State.Data) return this.#readData(bytes, at);
    while (at < bytes.length && this.#state > State.Data && this.#state < State.Complete) at = this.#readEnd(bytes, at);
    return at;
  }

  #readSizeLine(bytes: Buffer, at: number): number {
    const byte = bytes[at] as number;
    switch (this.#state) {
      case State.SizeStart:
      case State.Size:
        return this.#readSize(byte, at);
      case State.SizeLineFeed:
        return byte === LF ? this.#startData(at + 1) : this.#break(at);
      default:
        return this.#countExtension(at, this.#readExtension(bytes, byte, at));
    }
  }

  #readSize(byte: number, at: number): number {
    const digit = hexDigit(byte);
    if (digit < 0) return this.#state === State.SizeStart ? this.#break(at) : this.#endSize(byte, at);
    if (++this.#digits > MAX_SIZE_DIGITS) return this.#break(at);
    this.#left = this.#left * 16 + digit;
    return this.#enter(State.Size, at + 1);
  }

  /** Behind a size, an extension's name, or its value. */
  #endSize(byte: number, at: number): number {
    if (byte === CR) return this.#enter(State.SizeLineFeed, at + 1);
    return byte === SEMICOLON ? this.#enter(State.ExtensionName, at + 1) : this.#break(at);
  }

  #readExtension(bytes: Buffer, byte: number, at: number): number {
    switch (this.#state) {
      case State.ExtensionName:
        return tokenBytes[byte] === 1 ? this.#enter(State.ExtensionNameEnd, at + 1) : this.#break(at);
      case State.ExtensionNameEnd:
        if (tokenBytes[byte] === 1) return skip(bytes, at, tokenBytes);
        return byte === EQUALS ? this.#enter(State.ExtensionValue, at + 1) : this.#endSize(byte, at);
      case State.ExtensionValue:
        if (byte === QUOTE) return this.#enter(State.Quoted, at + 1);
        return tokenBytes[byte] === 1 ? this.#enter(State.ExtensionToken, at + 1) : this.#break(at);
      case State.ExtensionToken:
        return tokenBytes[byte] === 1 ? skip(bytes, at, tokenBytes) : this.#endSize(byte, at);
      case State.QuotedEnd:
        return this.#endSize(byte, at);
      default:
        return this.#readQuoted(bytes, byte, at);
    }
  }

  #readQuoted(bytes: Buffer, byte: number, at: number): number {
    if (this.#state === State.QuotedPair)
      return fieldValueBytes[byte] === 1 ? this.#enter(State.Quoted, at + 1) : this.#break(at);
    if (byte === BACKSLASH) return this.#enter(State.QuotedPair, at + 1);
    if (byte === QUOTE) return this.#enter(State.QuotedEnd, at + 1);
    return quotedBytes[byte] === 1 ? skip(bytes, at, quotedBytes) : this.#break(at);
  }

  #countExtension(from: number, at: number): number {
    this.#extensionBytes += at - from;
    this.#allowance -= at - from;
    return this.#extensionBytes > MAX_EXTENSION_BYTES || this.#allowance < 0 ? this.#break(at) : at;
  }

  #startData(at: number): number {
    this.#digits = 0;
    this.#extensionBytes = 0;
    if (this.#left > 0) return this.#enter(State.Data, at);
    this.#trailers = new FieldScanner();
    this.#trailers.begin(this.#limits.maxHeaderCount);
    return this.#enter(State.Trailers, at);
  }

  #readData(bytes: Buffer, at: number): number {
    const end = Math.min(at + this.#left, bytes.length);
    this.piece = bytes.subarray(at, end);
    this.#left -= end - at;
    this.#allowance = Math.min(this.#allowance + end - at, FREE_EXTENSION_BYTES);
    if (this.#left === 0) this.#state = State.DataEnd;
    return end;
  }

  #readEnd(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case State.DataEnd:
        return bytes[at] === CR ? this.#enter(State.DataLineFeed, at + 1) : this.#break(at);
      case State.DataLineFeed:
        return bytes[at] === LF ? this.#enter(State.SizeStart, at + 1) : this.#break(at);
      default:
        return this.#readTrailers(this.#trailers as FieldScanner, bytes, at);
    }
  }

  #readTrailers(trailers: FieldScanner, bytes: Buffer, from: number): number {
    const at = trailers.scan(bytes, from, from);
    this.#trailerBytes += at - from;
    if (trailers.failure !== undefined || this.#trailerBytes > this.#limits.maxHeaderBytes) return this.#break(at);
    return trailers.complete ? this.#enter(State.Complete, at) : at;
  }

  #enter(state: State, at: number): number {
    this.#state = state;
    return at;
  }

  #break(at: number): number {
    this.#state = State.Broken;
    return at;
  }
}

/** The value of a hexadecimal digit; -1 for any other byte. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
