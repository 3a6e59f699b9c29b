import type { HeaderEdit } from '@evergate/contract/routeTable';
import { expect, test } from '@jest/globals';
import { compileFilters } from '../../src/policy/filters.ts';

const nothing: HeaderEdit = { set: [], add: [], remove: [] };

test.each<[string, Partial<HeaderEdit>, string[], string[]]>([
  ['set replaces the value', { set: [['x-a', '2']] }, ['x-a', '1'], ['x-a', '2']],
  [
    'set replaces every line in any case',
    { set: [['X-A', '2']] },
    ['x-a', '1', 'b', '', 'X-A', '3'],
    ['b', '', 'x-a', '2'],
  ],
  ['set makes a header that is not there', { set: [['x-a', '2']] }, ['b', '1'], ['b', '1', 'x-a', '2']],
  ['add keeps the lines there are', { add: [['X-A', '2']] }, ['x-a', '1'], ['x-a', '1', 'x-a', '2']],
  ['add makes a header that is not there', { add: [['x-a', '2']] }, [], ['x-a', '2']],
  ['remove removes every line in any case', { remove: ['x-a'] }, ['X-A', '1', 'b', '', 'x-a', '2'], ['b', '']],
  ['remove without such a header changes nothing', { remove: ['x-a'] }, ['b', '1'], ['b', '1']],
  [
    'all three at once',
    { set: [['a', '1']], add: [['b', '2']], remove: ['c'] },
    ['c', '', 'b', '1'],
    ['b', '1', 'a', '1', 'b', '2'],
  ],
])('%s', (_, edit, before, after) => {
  const filters = compileFilters([
    { type: 'RequestHeaderModifier', edit: { ...nothing, ...edit } },
    { type: 'ResponseHeaderModifier', edit: { ...nothing, ...edit } },
  ]);
  const request = [...before];
  filters.editRequest(request);
  expect(request).toEqual(after);
  const response = [...before];
  filters.editResponse(response, undefined);
  expect(response).toEqual(after);
});

test('an edit of the request leaves the response alone, and the other way round', () => {
  const edit = { ...nothing, set: [['x-a', '1'] as const] };
  const headers: string[] = [];
  compileFilters([{ type: 'RequestHeaderModifier', edit: edit as HeaderEdit }]).editResponse(headers, undefined);
  compileFilters([{ type: 'ResponseHeaderModifier', edit: edit as HeaderEdit }]).editRequest(headers);
  expect(headers).toEqual([]);
});

test('several edits apply in their order', () => {
  const headers: string[] = [];
  compileFilters([
    { type: 'RequestHeaderModifier', edit: { ...nothing, set: [['a', '1']] } },
    { type: 'RequestHeaderModifier', edit: { ...nothing, remove: ['a'] } },
  ]).editRequest(headers);
  expect(headers).toEqual([]);
});
