/** One entry a byte: 1 where the byte belongs to the class. */
export type ByteClass = Uint8Array;

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;

/** RFC 9110 5.6.2: names of fields, methods. */
export const tokenBytes: ByteClass = classOf(/[!#$%&'*+.^_`|~0-9A-Za-z-]/);

/** RFC 9110 5.5: tab, space, visible characters and eight-bit bytes; no other control character. */
export const fieldValueBytes: ByteClass = classOf(/[\t\x20-\x7e\x80-\xff]/);

/** What may stand in a request target, in whichever form: visible ASCII. */
export const targetBytes: ByteClass = classOf(/[\x21-\x7e]/);

/** RFC 9110 5.6.4: what needs no backslash between quotes. */
export const quotedBytes: ByteClass = classOf(/[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]/);

/** Where the run of bytes of that class ends that begins at `from`. */
export function skip(bytes: Uint8Array, from: number, accepted: ByteClass): number {
  let at = from;
  while (at < bytes.length && accepted[bytes[at] as number] === 1) at++;
  return at;
}

function classOf(accepted: RegExp): ByteClass {
  return Uint8Array.from({ length: 256 }, (_, byte) => (accepted.test(String.fromCharCode(byte)) ? 1 : 0));
}
