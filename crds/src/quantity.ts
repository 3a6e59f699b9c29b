import { z } from 'zod';
import { integer, patternText } from './schema.ts';

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** The largest is below 2^53, so bytes are exact. */
const PATTERN = /^([1-9][0-9]{0,14}|[1-9][0-9]{0,5}(k|M|G|Ki|Mi|Gi))$/;

/** A number of bytes, 1 or more, as a Kubernetes quantity without a fraction: `10Mi`, `500k`, `1048576`. */
export const byteQuantity = z
  .union([
    integer(1, 999_999_999_999_999),
    patternText({ max: 16, pattern: PATTERN, accepts: 'a number of bytes, 1 or more, such as 10Mi, 500k or 1048576' }),
  ])
  .meta({ 'x-kubernetes-int-or-string': true });

/** Returns the bytes of a value that `byteQuantity` accepted. */
export function quantityBytes(quantity: string | number): number {
  if (typeof quantity === 'number') return quantity;
  const digits = quantity.match(/^[0-9]+/)?.[0] ?? '';
  const unitBytes = UNIT_BYTES[quantity.slice(digits.length)];
  if (digits === '' || unitBytes === undefined) throw new RangeError(`no quantity of bytes: ${quantity}`);
  return Number(digits) * unitBytes;
}

const CPU_PATTERN = /^([1-9][0-9]{0,5}m|[1-9][0-9]{0,2}([.][0-9]{1,3})?|0[.][0-9]{0,2}[1-9])$/;

/** An amount of processor time, more than none, as a Kubernetes quantity: `500m`, `2`, `1.5`. */
export const cpuQuantity = z
  .union([
    integer(1, 999),
    patternText({ max: 8, pattern: CPU_PATTERN, accepts: 'a number of processors, such as 500m, 2 or 1.5' }),
  ])
  .meta({ 'x-kubernetes-int-or-string': true });

/** Returns the thousandths of a processor of a value that `cpuQuantity` accepted. */
export function quantityMillicores(quantity: string | number): number {
  if (typeof quantity === 'number') return quantity * 1000;
  return quantity.endsWith('m') ? Number(quantity.slice(0, -1)) : Math.round(Number(quantity) * 1000);
}

/**
 * Writes a quantity of either kind as the API server stores it: the largest unit that leaves a whole number. 1000m is 1, 1024Mi is
 * 1Gi, 2000 is 2k.
 */
export function canonicalQuantity(quantity: string | number): string {
  const text = String(quantity);
  if (/[m.]/.test(text)) return canonicalMillicores(quantityMillicores(quantity));
  const isBinary = text.endsWith('i');
  const units = isBinary ? ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'] : ['', 'k', 'M', 'G', 'T'];
  const step = isBinary ? 1024 : 1000;
  let rest = quantityBytes(quantity);
  let unit = 0;
  while (rest % step === 0 && unit < units.length - 1) {
    rest /= step;
    unit++;
  }
  return `${rest}${units[unit]}`;
}

function canonicalMillicores(millicores: number): string {
  return millicores % 1000 === 0 ? String(millicores / 1000) : `${millicores}m`;
}
