import { describe, expect, test } from '@jest/globals';
import { chooseRequestId } from '../../src/observe/requestId.ts';

describe('the request id', () => {
  test.each(['a', '4bf92f35-77b3', 'Root=1-67891233:abc+/=@x~', 'x'.repeat(128)])(
    'a trusted hop keeps %s',
    (inbound) => {
      expect(chooseRequestId(inbound, true)).toBe(inbound);
    },
  );

  test.each(['', ' ', 'a b', 'a"b', 'a\nb', 'é', 'a,b', '<script>', 'x'.repeat(129)])(
    '%j is replaced whoever sends it',
    (inbound) => {
      expect(chooseRequestId(inbound, true)).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test('a client that is not trusted cannot choose its id', () => {
    expect(chooseRequestId('chosen', false)).not.toBe('chosen');
  });

  test('no two are the same', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => chooseRequestId(undefined, true))).size).toBe(10_000);
  });
});
