const PLUS = 0x2b;
const SPACE = 0x20;
const PERCENT = 0x25;

/**
 * The first value that a query gives a parameter, still encoded; empty for a parameter without `=`, undefined where the query
 * does not name it. `name` is UTF-8. Decodes while comparing, so that a hostile query costs its length and nothing more.
 */
export function rawQueryValue(query: string, name: Uint8Array): string | undefined {
  let equals = -1;
  for (let start = 0; start < query.length; ) {
    if (equals < start) equals = positionOf(query, '=', start);
    const end = positionOf(query, '&', start);
    const nameEnd = Math.min(equals, end);
    if (decodesTo(query, start, nameEnd, name)) return query.slice(Math.min(nameEnd + 1, end), end);
    start = end + 1;
  }
  return undefined;
}

/**
 * Whether `text` from `start` to `end` is a form encoding of `bytes`: `%41` is a byte, `+` a space, and a malformed escape
 * stands for itself, as in the URL standard.
 */
export function decodesTo(text: string, start: number, end: number, bytes: Uint8Array): boolean {
  let at = start;
  for (const byte of bytes) {
    const escaped = escapedByte(text, at, end);
    const found = escaped >= 0 ? escaped : plainByte(text, at, end);
    if (found !== byte) return false;
    at += escaped >= 0 ? 3 : 1;
  }
  return at === end;
}

/** Decodes a value as the URL standard decodes forms; never throws. */
export function decodeQueryValue(raw: string): string {
  return new URLSearchParams(`v=${raw}`).get('v') ?? '';
}

function positionOf(text: string, character: string, from: number): number {
  const position = text.indexOf(character, from);
  return position < 0 ? text.length : position;
}

/** -1 at the end. */
function plainByte(text: string, at: number, end: number): number {
  if (at >= end) return -1;
  const code = text.charCodeAt(at);
  return code === PLUS ? SPACE : code;
}

/** -1 where no whole escape stands. */
function escapedByte(text: string, at: number, end: number): number {
  if (at + 3 > end || text.charCodeAt(at) !== PERCENT) return -1;
  const high = hexDigit(text.charCodeAt(at + 1));
  const low = hexDigit(text.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}
