const PERIOD = 251;
const table = Buffer.from(Array.from({ length: 64 * 1024 + PERIOD }, (_, index) => index % PERIOD));

/** `length` bytes of the endless pattern that downloads are made of, from `offset` on; at most 64 KiB. */
export function patternBytes(offset: number, length: number): Buffer {
  const start = offset % PERIOD;
  return table.subarray(start, start + length);
}
