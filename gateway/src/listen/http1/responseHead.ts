import { STATUS_CODES } from 'node:http';
import type { HeaderList } from '../exchange.ts';
import { dateLine } from './httpDate.ts';

/** How a client knows where a response's body ends (RFC 9112 6.3). */
export type BodyFraming = 'None' | 'Length' | 'Chunks' | 'Connection';

/** What of a request decides how its response is written. */
export interface Answered {
  readonly isHead: boolean;
  readonly version: '1.0' | '1.1';
}

export interface ResponseHead {
  readonly text: string;
  readonly framing: BodyFraming;
}

/** What no field value may have. RFC 9110 5.5 lets it be replaced by spaces. */
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/g;
const FORBIDDEN_ANYWHERE = /[^\t\x20-\x7e\x80-\xff]/;

const statusLines: readonly string[] = Array.from({ length: 1_000 }, (_, status) => statusLine(status));

/**
 * The head of a final response. `headers` have names in lower case and say nothing of the connection or of chunks: both are added here,
 * as is a Date where there is none. `persistent` is what is to be said; a body that only the connection's end can delimit makes it false.
 */
export function responseHead(
  status: number,
  headers: HeaderList,
  answered: Answered,
  persistent: boolean,
): ResponseHead {
  const hasBody = !answered.isHead && status !== 204 && status !== 304;
  let text = statusLines[status] ?? statusLine(status);
  let hasLength = false;
  let hasDate = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (name === 'content-length') {
      if (status === 204) continue;
      hasLength = true;
    } else if (name === 'date') {
      hasDate = true;
    }
    text += fieldLine(name, headers[index + 1] as string);
  }
  if (!hasDate) text += dateLine(Date.now());
  const framing = hasBody ? framingOf(hasLength, answered.version) : 'None';
  return { text: text + endOfHead(framing, persistent), framing };
}

/** An informational response (RFC 9110 15.2), the switch of protocols included. Throws where `status` is none of one. */
export function informationalHead(status: number, headers: HeaderList): string {
  if (status < 100 || status > 199) throw new RangeError(`${status} is not the status of an informational response`);
  return `${statusLine(status)}${fieldLines(headers)}\r\n`;
}

/** What ends a body in chunks (RFC 9112 7.1). */
export function lastChunk(trailers: HeaderList = []): string {
  return `0\r\n${fieldLines(trailers)}\r\n`;
}

function framingOf(hasLength: boolean, version: '1.0' | '1.1'): BodyFraming {
  if (hasLength) return 'Length';
  return version === '1.1' ? 'Chunks' : 'Connection';
}

function endOfHead(framing: BodyFraming, persistent: boolean): string {
  const connection = persistent && framing !== 'Connection' ? 'connection: keep-alive\r\n' : 'connection: close\r\n';
  return framing === 'Chunks' ? `${connection}transfer-encoding: chunked\r\n\r\n` : `${connection}\r\n`;
}

function fieldLines(headers: HeaderList): string {
  let text = '';
  for (let index = 0; index < headers.length; index += 2)
    text += fieldLine(headers[index] as string, headers[index + 1] as string);
  return text;
}

function fieldLine(name: string, value: string): string {
  const safe = FORBIDDEN_ANYWHERE.test(value) ? value.replace(FORBIDDEN, ' ') : value;
  return `${name}: ${safe}\r\n`;
}

function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
}
