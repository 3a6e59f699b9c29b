import type { Filter } from '@evergate/contract/routeTable';
import { expect, test } from '@jest/globals';
import { checkFilters } from '../../src/policy/checkFilters.ts';
import { compileFilters, noFilters } from '../../src/policy/filters.ts';
import { matchOf } from '../match/rules.ts';
import { requestOf } from './requests.ts';

test('a rule without filters has the shared ones, which do nothing', () => {
  const filters = compileFilters([]);
  expect(filters).toBe(noFilters);
  const headers = ['a', '1'];
  filters.editRequest(headers);
  filters.editResponse(headers, 'https://a.test');
  expect(headers).toEqual(['a', '1']);
  expect(filters.answer(requestOf())).toBeUndefined();
  expect(filters.rewrite(matchOf(), '/a', 'b')).toBeUndefined();
  expect([filters.hostname, filters.readsOrigin, filters.mirrors]).toEqual([undefined, false, []]);
});

test('every mirror is listed', () => {
  const mirrors = [
    { backend: 'shop/a:80', percent: 100 },
    { backend: 'shop/b:80', percent: 0.5 },
  ];
  expect(compileFilters(mirrors.map((mirror) => ({ type: 'RequestMirror', ...mirror }))).mirrors).toEqual(mirrors);
});

test('text that no header can carry is a problem with its path', () => {
  const filters: Filter[] = [
    {
      type: 'RequestHeaderModifier',
      edit: { set: [['x a', '1']], add: [['x-b', 'a\r\nb']], remove: ['Transfer-Encoding'] },
    },
    { type: 'DirectResponse', statusCode: 200, contentType: 'text/plain\n', body: '' },
    { type: 'URLRewrite', hostname: 'a\u0000b' },
    { type: 'ResponseHeaderModifier', edit: { set: [['X-A', 'gr\u00fcn \t!']], add: [], remove: ['server'] } },
  ];
  expect(checkFilters(filters).map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'filters[0].edit.set[0][0]: "x a" is not the name of a header',
    'filters[0].edit.add[0][1]: "a\\r\\nb" has characters that no header value may have',
    'filters[0].edit.remove[0]: "Transfer-Encoding" is kept by the gateway itself; use a header that frames no message',
    'filters[1].contentType: "text/plain\\n" has characters that no header value may have',
    'filters[2].hostname: "a\\u0000b" has characters that no header value may have',
  ]);
});
