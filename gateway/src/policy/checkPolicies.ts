import { BlockList } from 'node:net';
import type { AuthMethod } from '@evergate/contract/authSettings';
import type { Problem } from '@evergate/contract/problem';
import { reservedHeaders } from '@evergate/contract/reservedHeaders';
import { addRange } from './addressRanges.ts';
import { isKeySet } from './jwks.ts';
import type { PolicySettings } from './policies.ts';

const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const RESERVED: ReadonlySet<string> = new Set(reservedHeaders);

/**
 * Looks again at what the operator has validated: a rule whose policies cannot work as they are written must not be served without
 * them. Paths begin at the rule.
 */
export function checkPolicies({ access, auth }: PolicySettings): readonly Problem[] {
  const ranges = Object.entries(access ?? {}).flatMap(([list, all]) =>
    all.flatMap((range, at) => checkRange(range, `access.${list}[${at}]`)),
  );
  const methods = (auth?.anyOf ?? []).flatMap((method, at) => checkMethod(method, `auth.anyOf[${at}]`));
  return [...ranges, ...methods];
}

function checkRange(range: string, path: string): readonly Problem[] {
  if (addRange(new BlockList(), range)) return [];
  return [{ path, message: `${JSON.stringify(range)} is no range of addresses; write 10.0.0.0/8 or fd00::/8` }];
}

function checkMethod(method: AuthMethod, path: string): readonly Problem[] {
  const headers = identityHeadersOf(method).flatMap((name, at) => checkName(name, `${path}.identityHeaders[${at}]`));
  if (method.type !== 'JWT' || method.keys.type !== 'Inline' || isKeySet(method.keys.jwks)) return headers;
  return [
    ...headers,
    { path: `${path}.keys.jwks`, message: 'is no JWK Set; give {"keys": [...]} with at most 100 keys' },
  ];
}

function identityHeadersOf(method: AuthMethod): readonly string[] {
  switch (method.type) {
    case 'JWT':
    case 'Session':
      return method.identityHeaders.map(([, header]) => header);
    case 'External':
      return method.identityHeaders;
    default:
      return method.identityHeader === undefined ? [] : [method.identityHeader];
  }
}

function checkName(name: string, path: string): readonly Problem[] {
  if (NAME.test(name) && !RESERVED.has(name)) return [];
  return [
    {
      path,
      message: `${JSON.stringify(name)} cannot tell a backend who asks; use the lower-case name of another header`,
    },
  ];
}
