/** An HTTP/1.1 message as it stood on the wire; text is latin1, one character a byte. */
export interface Message {
  readonly startLine: string;
  /** Flat: name, value, name, value. */
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

/** What of a message's beginning decides how its body ends. */
export type Framing = 'None' | 'UntilClose' | 'ByHeaders';

interface Head {
  readonly startLine: string;
  readonly headers: readonly string[];
  readonly end: number;
}

/** Values of a field, by its name in lower case. */
export function fieldValues(message: Pick<Message, 'headers'>, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < message.headers.length; index += 2)
    if (message.headers[index]?.toLowerCase() === name) values.push(message.headers[index + 1] as string);
  return values;
}

export function field(message: Pick<Message, 'headers'>, name: string): string | undefined {
  return fieldValues(message, name)[0];
}

/** Reads the head at the beginning of `bytes`; undefined while it is incomplete. Strict: throws on anything unusual. */
export function readHead(bytes: Buffer): Head | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [startLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  return { startLine, headers: readFields(lines), end: end + 4 };
}

/**
 * Reads the message at the beginning of `bytes`; undefined while it is incomplete. `closed` says that no more bytes come.
 */
export function readMessage(
  bytes: Buffer,
  framingOf: (head: Pick<Message, 'startLine' | 'headers'>) => Framing,
  closed: boolean,
): { readonly message: Message; readonly end: number } | undefined {
  const head = readHead(bytes);
  if (head === undefined) return undefined;
  const { startLine, headers, end: start } = head;
  const found = readBody(bytes, start, framingOf(head), headers, closed);
  if (found === undefined) return undefined;
  const { body, trailers, end } = found;
  return { message: { startLine, headers, body: body.toString('latin1'), trailers }, end };
}

interface Body {
  readonly body: Buffer;
  readonly trailers: readonly string[];
  readonly end: number;
}

function readBody(
  bytes: Buffer,
  start: number,
  framing: Framing,
  headers: readonly string[],
  closed: boolean,
): Body | undefined {
  if (framing === 'None') return { body: Buffer.alloc(0), trailers: [], end: start };
  const codings = fieldValues({ headers }, 'transfer-encoding');
  const lengths = fieldValues({ headers }, 'content-length');
  if (codings.length + lengths.length > 1) throw new Error(`ambiguous framing: ${JSON.stringify(headers)}`);
  if (codings.length === 1) return readChunks(bytes, start);
  if (lengths.length === 0 && framing === 'ByHeaders') return { body: Buffer.alloc(0), trailers: [], end: start };
  const end = lengths.length === 0 ? bytes.length : start + Number(lengths[0]);
  if (lengths.length === 0 && !closed) return undefined;
  return bytes.length < end ? undefined : { body: bytes.subarray(start, end), trailers: [], end };
}

function readChunks(bytes: Buffer, start: number): Body | undefined {
  const chunks: Buffer[] = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error(`no chunk size: ${bytes.toString('latin1', at, lineEnd)}`);
    at = lineEnd + 2;
    if (size === 0) break;
    if (bytes.length < at + size + 2) return undefined;
    chunks.push(bytes.subarray(at, at + size));
    at += size + 2;
  }
  const trailers = readTrailers(bytes, at);
  return trailers && { body: Buffer.concat(chunks), ...trailers };
}

function readTrailers(bytes: Buffer, start: number): Pick<Body, 'trailers' | 'end'> | undefined {
  if (bytes.toString('latin1', start, start + 2) === '\r\n') return { trailers: [], end: start + 2 };
  const end = bytes.indexOf('\r\n\r\n', start);
  if (end === -1) return undefined;
  return { trailers: readFields(bytes.toString('latin1', start, end).split('\r\n')), end: end + 4 };
}

function readFields(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(line);
    if (field === null) throw new Error(`not a field line: ${JSON.stringify(line)}`);
    return [field[1] as string, field[2] as string];
  });
}
