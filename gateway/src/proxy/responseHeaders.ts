import type { ResponseFields } from '../upstream/attempt.ts';
import { withoutNamed } from './requestHeaders.ts';

/** Fields that belong to the connection to the backend (RFC 9110 7.6.1); what `Connection` names joins them. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
]);

/** Fields that would change, after the fact, how a message is read (RFC 9110 6.5.1). */
const NOT_IN_TRAILERS: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  ...['content-length', 'content-encoding', 'content-type', 'content-range', 'host', 'set-cookie'],
]);

/** The fields of a backend's response that go on to the client, flat. `Trailer` is left to the caller, who knows the framing. */
export function responseHeaders(fields: ResponseFields): string[] {
  return listOf(fields, HOP_BY_HOP);
}

/** The trailer fields of a backend's response that go on to the client, flat. */
export function responseTrailers(fields: ResponseFields): string[] {
  return listOf(fields, NOT_IN_TRAILERS);
}

function listOf(fields: ResponseFields, dropped: ReadonlySet<string>): string[] {
  const list: string[] = [];
  for (const name in fields) {
    if (dropped.has(name)) continue;
    const value = fields[name];
    if (typeof value === 'string') list.push(name, value);
    else for (const one of value ?? []) list.push(name, one);
  }
  const connection = fields['connection'];
  return connection === undefined ? list : withoutNamed(list, String(connection));
}
