import { createHash } from 'node:crypto';
import type { PersistenceSettings } from '@evergate/contract/persistenceSettings';
import type { SessionPersistenceSpec } from '@evergate/crds/sessionPersistence';
import { milliseconds } from './settings.ts';

const DIGITS = 12;

/**
 * Brings how sessions are kept into the table's form. `owner` is `<namespace>/<route>/<rule>`: rules have cookies of their own unless they
 * share a name, or a client that uses two of them would be sent about by each.
 */
export function readSessionPersistence({ cookie }: SessionPersistenceSpec, owner: string): PersistenceSettings {
  const { name, maxAge, sameSite } = cookie;
  return {
    cookie: {
      name: name ?? `evergate-${createHash('sha256').update(owner).digest('hex').slice(0, DIGITS)}`,
      ...(maxAge === undefined ? {} : { maxAgeSeconds: Math.max(1, Math.round(milliseconds(maxAge) / 1_000)) }),
      sameSite,
    },
  };
}
