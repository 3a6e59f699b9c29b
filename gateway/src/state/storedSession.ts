import { type StoredSession, StoreError } from './store.ts';

/** Reads what the script `readSession` answers: nothing, or a kind and what belongs to it. */
export function readStoredSession(answer: unknown): StoredSession | undefined {
  if (answer === null || answer === undefined) return undefined;
  if (!Array.isArray(answer)) throw new StoreError('Refused');
  const [kind, value] = answer as unknown[];
  if (kind === 'string' && typeof value === 'string') return value;
  if (kind === 'hash' && Array.isArray(value)) return fieldsOf(value);
  throw new StoreError('Refused', kind === 'large' ? 'TOOLARGE' : 'WRONGTYPE');
}

function fieldsOf(flat: readonly unknown[]): Record<string, string> {
  const fields: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) fields.push([String(flat[at]), String(flat[at + 1])]);
  return Object.fromEntries(fields);
}
