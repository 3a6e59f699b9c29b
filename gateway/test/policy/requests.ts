import type { PolicyRequest } from '../../src/policy/policyRequest.ts';
import { matchOf } from '../match/rules.ts';

/** `GET http://shop.example.com/` at port 80, met by the prefix `/`, but for what is given. */
export function requestOf(fields: Partial<PolicyRequest> = {}): PolicyRequest {
  return {
    method: 'GET',
    path: '/',
    query: '',
    authority: 'shop.example.com',
    scheme: 'http',
    headers: [],
    listenerPort: 80,
    match: matchOf(),
    ...fields,
  };
}

/** A flat list as pairs, in its order. */
export function fieldsOf(headers: readonly string[]): [string, string][] {
  return Array.from({ length: headers.length / 2 }, (_, i) => [headers[2 * i] as string, headers[2 * i + 1] as string]);
}

/** The value of the only field of that name; undefined without one. */
export function fieldOf(headers: readonly string[], name: string): string | undefined {
  const values = fieldsOf(headers).filter(([found]) => found.toLowerCase() === name);
  if (values.length > 1) throw new Error(`${name} stands there ${values.length} times`);
  return values[0]?.[1];
}
