import type { Filter } from '@evergate/contract/routeTable';
import type { LocalAnswer, PolicyRequest } from './policyRequest.ts';

type DirectResponse = Extract<Filter, { type: 'DirectResponse' }>;

/** Responses that end with their head (RFC 9110 6.4.1, 15.3.6). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Answers every request alike; HEAD gets the head alone. */
export function compileDirectResponse(filter: DirectResponse): (request: PolicyRequest) => LocalAnswer {
  const { statusCode: status, contentType } = filter;
  if (BODILESS.has(status)) return () => ({ status, headers: status === 205 ? ['content-length', '0'] : [] });
  const body = Buffer.from(filter.body);
  const headers = ['content-length', String(body.length)];
  if (body.length > 0) headers.push('content-type', contentType);
  return ({ method }) => {
    const head = { status, headers: [...headers] };
    return method === 'HEAD' || body.length === 0 ? head : { ...head, body };
  };
}
