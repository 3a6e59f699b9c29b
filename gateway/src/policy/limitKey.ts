import { hash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { LimitKey } from '@evergate/contract/limitSettings';
import { headerValue } from '../match/headerValue.ts';
import { cookieOf } from './cookie.ts';
import type { PolicySubject } from './policySubject.ts';

/** What a request is counted under; undefined where it lacks that. */
export type ReadLimitKey = (subject: PolicySubject) => string | undefined;

/**
 * Compiles what a limit counts by. Addresses stay readable; everything else is hashed: it may be a secret, and may hold anything. A
 * request without the header, cookie or claim counts together with all others without it, so that leaving it out gains nothing.
 */
export function compileLimitKey({ type, name = '' }: LimitKey, identityHeaders: ReadonlySet<string>): ReadLimitKey {
  switch (type) {
    case 'Route':
      return () => 'all';
    case 'ClientAddress':
      return ({ clientAddress }) => networkOf(clientAddress);
    case 'Cookie':
      return ({ headers }) => hashed('c', cookieOf(headerValue(headers, 'cookie'), name));
    case 'Claim':
      return ({ identity }) => hashed('i', claimText(identity?.claims[name]));
    case 'Header':
      if (identityHeaders.has(name)) return ({ identity }) => hashed('h', headerValue(identity?.headers ?? [], name));
      return ({ headers }) => hashed('h', headerValue(headers, name));
  }
}

function claimText(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}

function hashed(kind: string, value: string | undefined): string {
  return value === undefined ? `${kind}-` : `${kind}-${hash('sha256', value, 'base64url').slice(0, 22)}`;
}

/** An IPv4 address, or the /64 of an IPv6 address: who has one address of it has all. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = (address.split('%')[0] as string).toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  // An IPv4 address at the end stands for two groups, beyond the first four.
  const groupsAfter = after.length + (after.at(-1)?.includes('.') === true ? 1 : 0);
  const groups =
    tail === undefined
      ? before
      : [...before, ...new Array(Math.max(0, 8 - before.length - groupsAfter)).fill('0'), ...after];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
