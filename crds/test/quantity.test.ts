import { expect, test } from '@jest/globals';
import { byteQuantity, canonicalQuantity, cpuQuantity, quantityBytes, quantityMillicores } from '../src/quantity.ts';

test.each([
  [1, 1],
  ['1', 1],
  ['500k', 500_000],
  ['1Ki', 1024],
  ['10Mi', 10_485_760],
  ['2G', 2_000_000_000],
  ['999999Gi', 1_073_740_750_258_176],
])('%p is %d bytes, exactly', (quantity, bytes) => {
  expect(byteQuantity.safeParse(quantity).success).toBe(true);
  expect(quantityBytes(quantity)).toBe(bytes);
});

test.each([0, -1, 1.5, '', '0', '01', '1.5Mi', '1e3', '10m', '10Ti', '1000000Gi', ' 1', null])(
  '%p is no quantity',
  (value) => {
    expect(byteQuantity.safeParse(value).success).toBe(false);
  },
);

test('bytes of what is no quantity are a RangeError', () => {
  expect(() => quantityBytes('much')).toThrow(RangeError);
});

test.each([
  [2, 2000],
  ['1', 1000],
  ['500m', 500],
  ['1.5', 1500],
  ['0.001', 1],
])('%p is %d thousandths of a processor', (quantity, millicores) => {
  expect(cpuQuantity.safeParse(quantity).success).toBe(true);
  expect(quantityMillicores(quantity)).toBe(millicores);
});

test.each([0, -1, 1.5, '0', '0m', '0.0', '.5', '1.', '1.0005', '500u', '1Ki', null])(
  '%p is no processor time',
  (value) => {
    expect(cpuQuantity.safeParse(value).success).toBe(false);
  },
);

test.each([
  ['1000m', '1'],
  ['1.5', '1500m'],
  ['0.25', '250m'],
  [2, '2'],
  ['1024Mi', '1Gi'],
  ['1025Mi', '1025Mi'],
  ['1048576Ki', '1Gi'],
  ['2000', '2k'],
  [1_048_576, '1048576'],
  ['3000000k', '3G'],
])('%p is stored as %p', (quantity, stored) => {
  expect(canonicalQuantity(quantity)).toBe(stored);
});
