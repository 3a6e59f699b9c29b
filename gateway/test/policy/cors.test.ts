import type { Filter } from '@evergate/contract/routeTable';
import { describe, expect, test } from '@jest/globals';
import { compileFilters } from '../../src/policy/filters.ts';
import type { LocalAnswer } from '../../src/policy/policyRequest.ts';
import { fieldOf, requestOf } from './requests.ts';

type Cors = Extract<Filter, { type: 'CORS' }>;

const ORIGIN = 'https://app.example.com';

function corsOf(fields: Partial<Cors> = {}): Cors {
  return {
    type: 'CORS',
    allowOrigins: [ORIGIN],
    allowMethods: [],
    allowHeaders: [],
    exposeHeaders: [],
    maxAgeSeconds: 5,
    allowCredentials: false,
    ...fields,
  };
}

function preflight(cors: Cors, origin = ORIGIN, asked: string[] = []): LocalAnswer | undefined {
  const headers = ['Origin', origin, 'Access-Control-Request-Method', 'PUT', ...asked];
  return compileFilters([cors]).answer(requestOf({ method: 'OPTIONS', headers }));
}

function allowed(cors: Partial<Cors>, name: string, asked: string[] = []): string | undefined {
  return fieldOf(preflight(corsOf(cors), ORIGIN, asked)?.headers ?? [], `access-control-${name}`);
}

function response(cors: Partial<Cors>, origin: string | undefined, headers: string[] = []): string[] {
  compileFilters([corsOf(cors)]).editResponse(headers, origin);
  return headers;
}

describe('origins', () => {
  test.each([
    ['https://app.example.com', 'https://app.example.com', true],
    ['https://app.example.com', 'https://APP.example.com', true],
    ['https://app.example.com', 'http://app.example.com', false],
    ['https://app.example.com', 'https://app.example.com:8443', false],
    ['https://app.example.com', 'https://app.example.com.evil.test', false],
    ['https://app.example.com', 'https://appXexample.com', false],
    ['https://app.example.com:8443', 'https://app.example.com:8443', true],
    ['https://app.example.com:*', 'https://app.example.com:8443', true],
    ['https://app.example.com:*', 'https://app.example.com', true],
    ['https://app.example.com:*', 'https://app.example.com:x', false],
    ['https://*.example.com', 'https://a.example.com', true],
    ['https://*.example.com', 'https://a.b.example.com', true],
    ['https://*.example.com', 'https://example.com', false],
    ['https://*.example.com', 'https://evilexample.com', false],
    ['https://*.example.com', 'https://evil.test/.example.com', false],
    ['https://*.example.com', 'https://evil.test:1.example.com', false],
    ['https://*.example.com', 'https://a.example.com:8443', false],
    ['https://*', 'https://any.test', true],
    ['*', 'https://any.test:1', true],
    ['*', 'null', false],
    ['*', 'https://a.test, https://b.test', false],
    ['*', 'https://a.test\r\nset-cookie: a=b', false],
    ['app://shop', 'app://shop', true],
    ['http://[::1]:3000', 'http://[::1]:3000', true],
  ])('%s and %s: %s', (pattern, origin, isAllowed) => {
    const headers = response({ allowOrigins: ['https://other.test', pattern], allowCredentials: true }, origin);
    expect(fieldOf(headers, 'access-control-allow-origin')).toBe(isAllowed ? origin : undefined);
    expect(fieldOf(headers, 'access-control-allow-credentials')).toBe(isAllowed ? 'true' : undefined);
  });
});

describe('a preflight', () => {
  test('is answered for an origin that is allowed', () => {
    const answer = preflight(
      corsOf({ allowMethods: ['PUT', 'DELETE'], allowHeaders: ['X-A', 'x-b'], maxAgeSeconds: 60 }),
    );
    expect(answer?.status).toBe(204);
    expect(answer?.body).toBeUndefined();
    const value = (name: string) => fieldOf(answer?.headers ?? [], name);
    expect(value('access-control-allow-origin')).toBe(ORIGIN);
    expect(value('access-control-allow-methods')).toBe('PUT, DELETE');
    expect(value('access-control-allow-headers')).toBe('X-A, x-b');
    expect(value('access-control-max-age')).toBe('60');
    expect(value('access-control-allow-credentials')).toBeUndefined();
    expect(value('vary')).toContain('Origin');
  });

  test('of another origin gets an answer that allows nothing', () => {
    const answer = preflight(corsOf(), 'https://evil.test');
    expect(answer).toEqual({ status: 204, headers: ['vary', expect.stringContaining('Origin')] });
  });

  test('gets a plain asterisk where any origin may come without credentials', () => {
    expect(allowed({ allowOrigins: ['*'] }, 'allow-origin')).toBe('*');
    expect(allowed({ allowOrigins: ['*'], allowCredentials: true }, 'allow-origin')).toBe(ORIGIN);
  });

  test('hears the method and the headers it asked for where any may be used', () => {
    const asked = ['Access-Control-Request-Headers', 'authorization, x-a'];
    expect(allowed({ allowMethods: ['*'] }, 'allow-methods')).toBe('PUT');
    expect(allowed({ allowHeaders: ['*'] }, 'allow-headers', asked)).toBe('authorization, x-a');
    expect(allowed({ allowHeaders: ['*'] }, 'allow-headers')).toBeUndefined();
  });

  test('gets nothing back that is no list of names', () => {
    const asked = ['Access-Control-Request-Headers', 'x-a\r\nset-cookie: a=b'];
    expect(allowed({ allowHeaders: ['*'] }, 'allow-headers', asked)).toBeUndefined();
  });

  test.each([
    ['another method', 'GET', ['Origin', ORIGIN, 'Access-Control-Request-Method', 'PUT']],
    ['no origin', 'OPTIONS', ['Access-Control-Request-Method', 'PUT']],
    ['no method asked for', 'OPTIONS', ['Origin', ORIGIN]],
  ])('is not what a request is with %s', (_, method, headers) => {
    expect(compileFilters([corsOf()]).answer(requestOf({ method, headers }))).toBeUndefined();
  });

  test('goes before a redirect, and another request does not', () => {
    const filters = compileFilters([{ type: 'RequestRedirect', statusCode: 302 }, corsOf()]);
    const headers = ['Origin', ORIGIN, 'Access-Control-Request-Method', 'PUT'];
    expect(filters.answer(requestOf({ method: 'OPTIONS', headers }))?.status).toBe(204);
    const redirect = filters.answer(requestOf({ headers }));
    expect(redirect?.status).toBe(302);
    expect(fieldOf(redirect?.headers ?? [], 'access-control-allow-origin')).toBe(ORIGIN);
  });
});

describe('a response', () => {
  test('says what its reader may do, whatever the backend said', () => {
    const headers = response({ exposeHeaders: ['x-a', 'x-b'] }, ORIGIN, [
      ...['access-control-allow-origin', '*', 'Access-Control-Allow-Credentials', 'true', 'x-a', '1'],
    ]);
    expect(headers).toEqual([
      ...['x-a', '1', 'access-control-allow-origin', ORIGIN, 'access-control-expose-headers', 'x-a, x-b'],
      ...['vary', 'Origin'],
    ]);
  });

  test.each([undefined, 'https://evil.test'])('to %s varies by origin and allows nothing', (origin) => {
    expect(response({ exposeHeaders: ['x-a'] }, origin)).toEqual(['vary', 'Origin']);
  });

  test.each([
    [
      ['vary', 'Accept'],
      ['vary', 'Accept', 'vary', 'Origin'],
    ],
    [
      ['vary', 'Accept , origin'],
      ['vary', 'Accept , origin'],
    ],
    [
      ['Vary', '*'],
      ['Vary', '*'],
    ],
  ])('with %j varies once', (before, after) => {
    expect(response({}, undefined, before)).toEqual(after);
  });

  test('is the same for all where any origin may read it', () => {
    const filters = compileFilters([corsOf({ allowOrigins: ['*'] })]);
    expect(filters.readsOrigin).toBe(false);
    expect(response({ allowOrigins: ['*'] }, undefined)).toEqual(['access-control-allow-origin', '*']);
  });

  test('names the headers it exposes where a script with credentials may read all', () => {
    const any = { exposeHeaders: ['*'], allowCredentials: true };
    expect(fieldOf(response(any, ORIGIN, ['X-A', '1', 'x-b', '2', 'x-a', '3']), 'access-control-expose-headers')).toBe(
      'x-a, x-b',
    );
    expect(fieldOf(response({ exposeHeaders: ['*'] }, ORIGIN, ['x-a', '1']), 'access-control-expose-headers')).toBe(
      '*',
    );
  });
});
