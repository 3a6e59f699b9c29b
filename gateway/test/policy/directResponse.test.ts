import type { Filter } from '@evergate/contract/routeTable';
import { expect, test } from '@jest/globals';
import { compileFilters } from '../../src/policy/filters.ts';
import { fieldsOf, requestOf } from './requests.ts';

const hello: Filter = { type: 'DirectResponse', statusCode: 503, contentType: 'text/plain', body: 'Grüße' };

test('the answer has the status, the type and the body', () => {
  const answer = compileFilters([hello]).answer(requestOf());
  expect(answer?.status).toBe(503);
  expect(fieldsOf(answer?.headers ?? [])).toEqual([
    ['content-length', '7'],
    ['content-type', 'text/plain'],
  ]);
  expect(Buffer.from(answer?.body ?? []).toString()).toBe('Grüße');
});

test('HEAD gets the same head without the body', () => {
  const { answer } = compileFilters([hello]);
  expect(answer(requestOf({ method: 'HEAD' }))?.headers).toEqual(answer(requestOf())?.headers);
  expect(answer(requestOf({ method: 'HEAD' }))?.body).toBeUndefined();
});

test.each([
  [204, []],
  [205, ['content-length', '0']],
  [304, []],
])('%d has no body and no type', (statusCode, headers) => {
  expect(compileFilters([{ ...hello, statusCode }]).answer(requestOf())).toEqual({ status: statusCode, headers });
});

test('an empty body has a length and no type', () => {
  expect(compileFilters([{ ...hello, body: '' }]).answer(requestOf())).toEqual({
    status: 503,
    headers: ['content-length', '0'],
  });
});

test('one answer’s headers are not the next one’s', () => {
  const { answer } = compileFilters([hello]);
  answer(requestOf())?.headers.push('x', 'y');
  expect(answer(requestOf())?.headers).not.toContain('x');
});

test('a redirect goes before a direct response', () => {
  const filters = compileFilters([hello, { type: 'RequestRedirect', statusCode: 302 }]);
  expect(filters.answer(requestOf())?.status).toBe(302);
});
