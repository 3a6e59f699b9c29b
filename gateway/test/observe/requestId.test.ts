import { describe, expect, test } from '@jest/globals';
import { acceptRequestId } from '../../src/observe/requestId.ts';

describe('the request id', () => {
  test.each(['a', '4bf92f35-77b3', 'Root=1-67891233:abc+/=@x~', 'x'.repeat(128)])(
    'a trusted hop keeps %s',
    (inbound) => {
      expect(acceptRequestId(inbound, true)).toBe(inbound);
    },
  );

  test.each(['', ' ', 'a b', 'a"b', 'a\nb', 'é', 'a,b', '<script>', 'x'.repeat(129)])(
    '%j is not accepted whoever sends it',
    (inbound) => {
      expect(acceptRequestId(inbound, true)).toBeUndefined();
    },
  );

  test('a client that is not trusted cannot choose its id', () => {
    expect(acceptRequestId('chosen', false)).toBeUndefined();
  });
});
