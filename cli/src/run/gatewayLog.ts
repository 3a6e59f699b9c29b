import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const FIELDS_OF_ITS_OWN = ['time', 'level', 'msg'];

/** Hands on what a gateway prints, a line at a time, its log's JSON made readable. */
export function followLog(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on('line', (line) => onLine(formatLogLine(line)));
}

/** `{"level":"warn","msg":"a","port":1}` becomes `warn: a (port 1)`; what is no line of a log stays as it is. */
export function formatLogLine(line: string): string {
  const record = parseRecord(line);
  if (record?.['log'] === 'access') return formatAccess(record);
  if (typeof record?.['msg'] !== 'string') return line;
  const fields = Object.entries(record)
    .filter(([name]) => !FIELDS_OF_ITS_OWN.includes(name))
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const details = fields.length === 0 ? '' : ` (${fields.join(', ')})`;
  return `${String(record['level'])}: ${record['msg']}${details}`;
}

/** Who wants all of it reads the gateways' own log. */
function formatAccess(record: Readonly<Record<string, unknown>>): string {
  const { method, host, path, status, reason, durationMs, namespace, route, rule, endpoint } = record;
  const details = [
    `${Math.round(Number(durationMs))} ms`,
    ...(route === undefined ? [] : [`rule ${rule} of ${namespace}/${route}`]),
    ...(endpoint === undefined ? [] : [`endpoint ${endpoint}`]),
  ];
  return `${method} ${host}${path}: ${status}${reason === undefined ? '' : ` ${reason}`} (${details.join(', ')})`;
}

function parseRecord(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}
