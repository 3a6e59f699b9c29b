import type { Filter } from '@evergate/contract/routeTable';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileFilters } from '../../src/policy/filters.ts';
import type { PolicyRequest } from '../../src/policy/policyRequest.ts';
import { pathOf } from '../match/rules.ts';
import { fieldOf, requestOf } from './requests.ts';

type Redirect = Omit<Extract<Filter, { type: 'RequestRedirect' }>, 'type' | 'statusCode'>;

function locationOf(redirect: Redirect, request: Partial<PolicyRequest>): string | undefined {
  const filters = compileFilters([{ type: 'RequestRedirect', statusCode: 302, ...redirect }]);
  return fieldOf(filters.answer(requestOf(request))?.headers ?? [], 'location');
}

describe('the new address', () => {
  test.each<[string, Redirect, Partial<PolicyRequest>, string]>([
    ['is the same without a field', {}, { path: '/a' }, 'http://shop.example.com/a'],
    ['takes the scheme', { scheme: 'https' }, { path: '/a' }, 'https://shop.example.com/a'],
    ['takes the host name', { hostname: 'b.test' }, { path: '/a' }, 'http://b.test/a'],
    ['takes the port', { port: 8443 }, {}, 'http://shop.example.com:8443/'],
    ['leaves out port 80 of http', { port: 80 }, { listenerPort: 8080 }, 'http://shop.example.com/'],
    ['leaves out port 443 of https', { scheme: 'https', port: 443 }, {}, 'https://shop.example.com/'],
    ['keeps port 443 of http', { port: 443 }, {}, 'http://shop.example.com:443/'],
    ['keeps port 80 of https', { scheme: 'https', port: 80 }, {}, 'https://shop.example.com:80/'],
    ['has the listener’s port without a scheme', {}, { listenerPort: 8080 }, 'http://shop.example.com:8080/'],
    [
      'has the port of a scheme that is named',
      { scheme: 'https' },
      { listenerPort: 8080 },
      'https://shop.example.com/',
    ],
    ['drops the port the client sent', {}, { authority: 'shop.example.com:8080' }, 'http://shop.example.com/'],
    ['keeps an IPv6 address whole', {}, { authority: '[::1]:8080' }, 'http://[::1]/'],
    ['keeps an IPv6 address without a port', {}, { authority: '[::1]' }, 'http://[::1]/'],
    ['keeps the scheme of the request', {}, { scheme: 'https', listenerPort: 443 }, 'https://shop.example.com/'],
    ['keeps the query', {}, { path: '/a', query: 'b=%20&c' }, 'http://shop.example.com/a?b=%20&c'],
    [
      'takes a full path',
      { path: { type: 'ReplaceFullPath', value: '/new' } },
      { path: '/old', query: 'q=1' },
      'http://shop.example.com/new?q=1',
    ],
    [
      'takes a prefix',
      { path: { type: 'ReplacePrefixMatch', value: '/new' } },
      { path: '/old/x', match: pathOf('PathPrefix', '/old') },
      'http://shop.example.com/new/x',
    ],
    [
      'takes a path that has no slash of its own as a path',
      { path: { type: 'ReplaceFullPath', value: '.evil.example' } },
      {},
      'http://shop.example.com/.evil.example',
    ],
  ])('%s', (_, redirect, request, expected) => {
    expect(locationOf(redirect, request)).toBe(expected);
  });
});

test.each([301, 302, 303, 307, 308] as const)('the status is %d as configured, without a body', (statusCode) => {
  const answer = compileFilters([{ type: 'RequestRedirect', statusCode }]).answer(requestOf());
  expect(answer?.status).toBe(statusCode);
  expect(fieldOf(answer?.headers ?? [], 'content-length')).toBe('0');
  expect(answer?.body).toBeUndefined();
});

test('a request without a host is sent to a path, never to a host made of the path', () => {
  expect(locationOf({}, { authority: '', path: '/evil.example/' })).toBe('/evil.example/');
  expect(locationOf({ path: { type: 'ReplaceFullPath', value: '//evil.example' } }, { authority: '', path: '/' })).toBe(
    '/evil.example',
  );
});

test('nothing a client sends ends the header or leads to another host', () => {
  const text = fc.string({ unit: fc.constantFrom('\r', '\n', ' ', 'é', '/', '\\', '@', ':', '%', 'a', '?', '#') });
  fc.assert(
    fc.property(text, text, (path, query) => {
      const location = locationOf({ scheme: 'https' }, { path: `/${path}`, query });
      expect(location).toMatch(/^[!-~]+$/);
      expect(new URL(location as string).host).toBe('shop.example.com');
    }),
  );
});

test('response edits apply to a redirect', () => {
  const filters = compileFilters([
    { type: 'RequestRedirect', statusCode: 301 },
    {
      type: 'ResponseHeaderModifier',
      edit: { set: [['Strict-Transport-Security', 'max-age=1']], add: [], remove: [] },
    },
  ]);
  expect(fieldOf(filters.answer(requestOf())?.headers ?? [], 'strict-transport-security')).toBe('max-age=1');
});
