import type { HeadLimits } from '../../../src/listen/http1/headReader.ts';
import type { RequestHead } from '../../../src/listen/http1/requestHead.ts';
import { RequestParser } from '../../../src/listen/http1/requestParser.ts';

export const limits: HeadLimits = { maxHeaderBytes: 32_768, maxHeaderCount: 100, maxTargetBytes: 8_192 };

export interface ParsedRequest {
  readonly head: RequestHead;
  /** One character a byte. */
  readonly body: string;
  /** All of the body has come. */
  readonly isComplete: boolean;
}

export interface Parsed {
  readonly requests: readonly ParsedRequest[];
  /** How it ended: the reason for which the rest is refused, or that there may be more. */
  readonly outcome: string;
}

/** Everything that a parser finds in these pieces, one behind the other. */
export function parse(pieces: readonly (string | Buffer)[], headLimits: HeadLimits = limits): Parsed {
  const parser = new RequestParser(() => headLimits);
  const requests: OpenRequest[] = [];
  for (const piece of pieces) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
    for (let at = 0; at < bytes.length; ) {
      at = parser.read(bytes, at);
      if (parser.found === 'Refused' || parser.found === 'Broken')
        return { requests, outcome: `${parser.found}: ${parser.reason}` };
      record(parser, requests);
    }
  }
  return { requests, outcome: parser.inHead ? 'in a head' : parser.inBody ? 'in a body' : 'between requests' };
}

interface OpenRequest {
  readonly head: RequestHead;
  body: string;
  isComplete: boolean;
}

function record(parser: RequestParser, requests: OpenRequest[]): void {
  const { found, head } = parser;
  if (found === 'Head') requests.push({ head, body: '', isComplete: head.bodyLength === 0 });
  const request = requests.at(-1);
  if (request === undefined) return;
  if (found === 'Data' || found === 'LastData') request.body += parser.piece.toString('latin1');
  if (found === 'LastData' || found === 'End') request.isComplete = true;
}

/** `text` cut at these positions, in whichever order and however often they are named. */
export function cut(text: string, positions: readonly number[]): string[] {
  const ends = [...new Set(positions.map((position) => Math.min(position, text.length)))].toSorted((a, b) => a - b);
  return [...ends, text.length]
    .map((end, index) => text.slice(ends[index - 1] ?? 0, end))
    .filter((piece) => piece !== '');
}
