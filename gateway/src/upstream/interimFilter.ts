import type { Socket } from 'node:net';

const PREFIX = Buffer.from('HTTP/1.', 'latin1');
/** `HTTP/1.1 ` and three digits. */
const STATUS_AT = 9;
const START_BYTES = STATUS_AT + 3;
const DIGIT_1 = 0x31;
const EMPTY = Buffer.alloc(0);
const MAX_INTERIM_BYTES = 8192;

/** Told when a request starts: the next bytes are the beginning of a response's head. */
export interface InterimFilter {
  expectHead(): void;
  /** The socket carries no HTTP any more. */
  stop(): void;
}

/**
 * Drops `100 Continue` responses that a backend sends unasked (RFC 9110 15.2 permits any number of them): undici takes one for a
 * broken response and cuts the connection. Only the bytes before a response's final head are looked at, never a body.
 */
export function filterInterim(socket: Socket, onExhausted: () => void): InterimFilter {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  let awaiting = false;
  let held: Buffer = EMPTY;
  /** Nothing has come since it was last read dry. */
  let isDry = false;

  function readFinal(): Buffer | null {
    for (let chunk = read(); chunk !== null; chunk = read()) {
      const sorted = sort(held.length === 0 ? chunk : Buffer.concat([held, chunk]));
      awaiting = !sorted.isFinal;
      held = sorted.held;
      if (sorted.pass.length > 0) return sorted.pass;
    }
    return null;
  }

  const onReadable = (): void => {
    isDry = false;
  };
  socket.on('readable', onReadable);
  // `read(0)` is how a stream asks itself for more: it takes nothing.
  socket.read = (size?: number): Buffer | null => {
    if (size === 0) return read(0);
    // undici asks half a dozen times a request.
    if (isDry && socket.readableLength === 0) return null;
    const chunk = awaiting ? readFinal() : read(size);
    if (chunk === null) {
      isDry = true;
      onExhausted();
    }
    return chunk;
  };
  return {
    expectHead(): void {
      awaiting = true;
      held = EMPTY;
    },
    stop(): void {
      socket.off('readable', onReadable);
      socket.read = read;
    },
  };
}

interface Sorted {
  /** What goes on to the parser. */
  readonly pass: Buffer;
  /** The beginning of a head that is not complete yet. */
  readonly held: Buffer;
  /** The final head has begun: it and what follows go on unseen. */
  readonly isFinal: boolean;
}

/** Goes through the interim responses that `bytes` begin with. */
function sort(bytes: Buffer): Sorted {
  if (bytes.length > STATUS_AT && bytes[STATUS_AT] !== DIGIT_1) return { pass: bytes, held: EMPTY, isFinal: true };
  const kept: Buffer[] = [];
  let rest = bytes;
  while (mayBeInterim(rest) && rest.length < MAX_INTERIM_BYTES) {
    const end = rest.indexOf('\r\n\r\n', 0, 'latin1') + 4;
    if (end < 4) return { pass: Buffer.concat(kept), held: rest, isFinal: false };
    if (!isContinue(rest)) kept.push(rest.subarray(0, end));
    rest = rest.subarray(end);
  }
  return { pass: Buffer.concat([...kept, rest]), held: EMPTY, isFinal: true };
}

/** Whether `head` begins like a 1xx response, as far as it has come; 101 is a final one. */
function mayBeInterim(head: Buffer): boolean {
  const length = Math.min(head.length, PREFIX.length);
  if (PREFIX.compare(head, 0, length, 0, length) !== 0) return false;
  if (head.length > STATUS_AT && head[STATUS_AT] !== DIGIT_1) return false;
  return head.length < START_BYTES || statusOf(head) !== '101';
}

function isContinue(head: Buffer): boolean {
  return statusOf(head) === '100';
}

function statusOf(head: Buffer): string {
  return head.toString('latin1', STATUS_AT, START_BYTES);
}
