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
  'upgrade',
]);

/** The fields of a backend's response that go on to the client, flat. */
export function responseHeaders(fields: ResponseFields): string[] {
  const list: string[] = [];
  for (const name in fields) {
    if (HOP_BY_HOP.has(name)) continue;
    const value = fields[name];
    if (typeof value === 'string') list.push(name, value);
    else for (const one of value ?? []) list.push(name, one);
  }
  const connection = fields['connection'];
  return connection === undefined ? list : withoutNamed(list, String(connection));
}
