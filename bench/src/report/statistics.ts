/** Over the rounds that count. The minimum is the figure least disturbed by neighbours, but the best case for throughput is not it. */
export interface Spread {
  readonly median: number;
  readonly minimum: number;
}

/** The middle value; between the two middle ones where their number is even. NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** NaN for both without values. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) return { median: Number.NaN, minimum: Number.NaN };
  return { median: median(values), minimum: Math.min(...values) };
}
