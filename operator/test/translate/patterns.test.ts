import { describe, expect, test } from '@jest/globals';
import { patternCheck } from '../../src/translate/patterns.ts';

describe('patternCheck', () => {
  const check = patternCheck();

  test.each(['/v[0-9]+/.*', '(a+)+', '\\d{1,3}', '(?i)blue|green', '(?P<tenant>[a-z]+)'])('takes %s', (pattern) => {
    expect(check(pattern)).toBeUndefined();
  });

  test.each([
    ['(a', 'missing closing )'],
    ['a(?=b)', 'invalid or unsupported Perl syntax'],
    ['(a)\\1', 'invalid escape sequence'],
    ['a{2000}', 'invalid repeat count'],
    ['[z-a]', 'invalid character class range'],
  ])('refuses %s, naming it and the problem', (pattern, problem) => {
    expect(check(pattern)).toContain(JSON.stringify(pattern));
    expect(check(pattern)).toContain(problem);
  });

  test('refuses what compiles to too large a program', () => {
    expect(check('(\\pL\\d){1000}(\\pL\\d){1000}(\\pL\\d){1000}')).toContain('at most 5000 are allowed');
  });

  test('ends soon, whatever the expression', () => {
    expect(check('('.repeat(1000))).toContain('RE2');
    expect(check('a?'.repeat(500))).toBeUndefined();
  });
});
