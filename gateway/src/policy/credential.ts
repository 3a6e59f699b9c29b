import type { Credential } from '@evergate/contract/authSettings';
import { headerValue } from '../match/headerValue.ts';
import { decodeQueryValue, rawQueryValue } from '../match/queryValue.ts';
import { cookieOf } from './cookie.ts';
import type { PolicySubject } from './policySubject.ts';

/** A longer one is none of ours: looking at it would only cost. */
const MAX_CHARACTERS = 16_384;

/** Finds a credential in a request; undefined where there is none. */
export type ReadCredential = (subject: Pick<PolicySubject, 'headers' | 'query'>) => string | undefined;

/** Compiles where a credential stands: the first place that has one counts. Longer than 16,384 characters is none. */
export function compileCredential(places: readonly Credential[]): ReadCredential {
  const reads = places.map(compilePlace);
  return (subject) => {
    for (const read of reads) {
      const found = read(subject);
      if (found !== undefined && found !== '') return found.length > MAX_CHARACTERS ? undefined : found;
    }
    return undefined;
  };
}

function compilePlace({ type, name, prefix = '' }: Credential): ReadCredential {
  switch (type) {
    case 'Cookie':
      return ({ headers }) => cookieOf(headerValue(headers, 'cookie'), name);
    case 'QueryParam': {
      const bytes = Buffer.from(name);
      return ({ query }) => {
        const raw = rawQueryValue(query, bytes);
        return raw === undefined ? undefined : decodeQueryValue(raw);
      };
    }
    case 'Header': {
      const key = name.toLowerCase();
      const wanted = prefix.toLowerCase();
      return ({ headers }) => withoutPrefix(headerValue(headers, key), wanted);
    }
  }
}

function withoutPrefix(value: string | undefined, prefix: string): string | undefined {
  if (value === undefined || prefix === '') return value;
  if (value.slice(0, prefix.length).toLowerCase() !== prefix) return undefined;
  return value.slice(prefix.length).trim();
}
