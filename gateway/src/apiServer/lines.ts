const NEWLINE = 0x0a;

/** Cuts a stream into its lines, without the newlines. Throws where a line has more than `limitBytes`; an unfinished last one is dropped. */
export async function* lines(chunks: AsyncIterable<Buffer>, limitBytes: number): AsyncGenerator<string> {
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      yield Buffer.concat([...pieces, rest.subarray(0, end)]).toString('utf8');
      pieces = [];
      size = 0;
      rest = rest.subarray(end + 1);
    }
    size += rest.length;
    if (size > limitBytes) throw new Error(`a line has more than ${limitBytes} bytes`);
    if (rest.length > 0) pieces.push(rest);
  }
}
