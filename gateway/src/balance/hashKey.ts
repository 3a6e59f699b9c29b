import type { HashOn } from '@evergate/contract/backendSettings';
import { headerValue } from '../match/headerValue.ts';
import { decodeQueryValue, rawQueryValue } from '../match/queryValue.ts';
import { cookieOf } from '../policy/cookie.ts';
import { hashText } from './hash.ts';

/** What of a request may decide about its endpoint. */
export interface HashSource {
  readonly clientAddress: string;
  readonly headers: readonly string[];
  /** Normalised. */
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
}

/** The hash that decides about a request's endpoint. */
export type HashKey = (request: HashSource) => number;

/** Compiles what a backend hashes on. A request that lacks it gets a random hash, so that such requests are spread. */
export function compileHashKey(hashOn: HashOn | undefined, random: () => number = Math.random): HashKey {
  const read = compileRead(hashOn);
  return (request) => {
    const key = read(request);
    return key === undefined ? Math.floor(random() * 2 ** 32) : hashText(key);
  };
}

function compileRead(hashOn: HashOn | undefined): (request: HashSource) => string | undefined {
  const name = hashOn?.name ?? '';
  switch (hashOn?.type) {
    case 'Header':
      return ({ headers }) => headerValue(headers, name);
    case 'Cookie':
      return ({ headers }) => cookieOf(headerValue(headers, 'cookie'), name);
    case 'QueryParam':
      return readParameter(name);
    case 'Path':
      return ({ path }) => path;
    default:
      return ({ clientAddress }) => clientAddress;
  }
}

function readParameter(name: string): (request: HashSource) => string | undefined {
  const bytes = Buffer.from(name);
  return ({ query }) => {
    const raw = rawQueryValue(query, bytes);
    return raw === undefined ? undefined : decodeQueryValue(raw);
  };
}
