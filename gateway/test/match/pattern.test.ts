import { expect, test } from '@jest/globals';
import { Pattern } from '../../src/match/pattern.ts';

test.each([
  ['/api/(a|b)/x', '/api/'],
  ['^/api/.*', '/api/'],
  ['/a\\.b/[0-9]', '/a.b/'],
  ['/abc*', '/ab'],
  ['/abc?', '/ab'],
  ['/a|b', ''],
  ['^/a|^/b', ''],
  ['(?i)/Foo', '/'],
  ['.*', ''],
])('whatever matches %s begins with "%s"', (source, prefix) => {
  expect(new Pattern(source).literalPrefix).toBe(prefix);
});

test.each(['(', '[a', 'a**', '\\', '(?=a)', '(a)\\1', 'a{2000}'])('%s is refused with a reason', (source) => {
  expect(() => new Pattern(source)).toThrow(/./);
});

test('the whole text must match', () => {
  const pattern = new Pattern('[0-9]+|x');
  expect(['12', 'x', '12x', ''].map((text) => pattern.matches(text))).toEqual([true, true, false, false]);
});
