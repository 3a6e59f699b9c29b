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

  test.each([
    ['a literal', 'a'.repeat(5001)],
    ['repetitions one after the other', '[a-z]{1000}'.repeat(370)],
    ['repetitions in one another', '((\\pL\\d[)x]\\(){10,20}){1,70}'],
    [
      'repetitions of an escape with braces',
      '\\p{Greek}{1000}\\x{10FFFF}{900,1000}[]{]{1000}\\{{1000}\\d{1000}x{1000}',
    ],
  ])('refuses what compiles to too large a program without compiling it: %s', (_, pattern) => {
    expect(check(pattern)).toContain('compiles to more than 5000 instructions');
  });

  test('takes repetitions that are common', () => {
    expect(check('/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')).toBeUndefined();
    expect(check('.{1,1000}')).toBeUndefined();
    expect(check('\\x{41}\\p{Greek}\\{9999\\}[{9999}]')).toBeUndefined();
  });

  test('ends soon, whatever the expression', () => {
    expect(check('('.repeat(1000))).toContain('RE2');
    expect(check('a?'.repeat(500))).toBeUndefined();
  });
});
