import type { Socket } from 'node:net';

const PREFIX = Buffer.from('HTTP/1.1 100', 'latin1');
const EMPTY = Buffer.alloc(0);
const MAX_INTERIM_BYTES = 8192;

/** Told when a request starts: the next bytes are the beginning of a response's head. */
export interface InterimFilter {
  expectHead(): void;
}

/**
 * Drops `100 Continue` responses that a backend sends unasked (RFC 9110 15.2 permits any number of them): undici takes one for a
 * broken response and cuts the connection. Only the bytes before a response's final head are looked at, never a body.
 */
export function filterInterim(socket: Socket): InterimFilter {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  let awaiting = false;
  let held: Buffer = EMPTY;

  function readFinal(): Buffer | null {
    for (let chunk = read(); chunk !== null; chunk = read()) {
      held = dropContinues(held.length === 0 ? chunk : Buffer.concat([held, chunk]));
      if (held.length === 0 || (mayBeContinue(held) && held.length < MAX_INTERIM_BYTES)) continue;
      awaiting = false;
      return held;
    }
    return null;
  }

  socket.read = (size?: number): Buffer | null => (awaiting ? readFinal() : read(size));
  return {
    expectHead(): void {
      awaiting = true;
      held = EMPTY;
    },
  };
}

/** `bytes` without the complete 100 responses they begin with. */
function dropContinues(bytes: Buffer): Buffer {
  let rest = bytes;
  while (mayBeContinue(rest)) {
    const end = rest.indexOf('\r\n\r\n', 0, 'latin1');
    if (end === -1) return rest;
    rest = rest.subarray(end + 4);
    if (rest.length === 0) return rest;
  }
  return rest;
}

/** Whether `head` begins like a 100 response, as far as it has come. */
function mayBeContinue(head: Buffer): boolean {
  const length = Math.min(head.length, PREFIX.length);
  for (let index = 0; index < length; index++) {
    if (index !== 7 && head[index] !== PREFIX[index]) return false;
  }
  return true;
}
