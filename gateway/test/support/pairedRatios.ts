/** How many times as much one thing is as another, found in pairs of rounds that took turns: what the machine does otherwise is the same for both. */
export interface Ratio {
  readonly median: number;
  /** Between these the true median lies with a probability of 96.5 %. */
  readonly lower: number;
  readonly upper: number;
}

export const PAIRS = 15;
/** Of so many ratios in order, these enclose the true median (sign test). */
const [LOWER, MIDDLE, UPPER] = [3, 7, 11];

/** The ratio of second to first over `PAIRS` pairs. */
export function pairedRatio(pairs: readonly (readonly [first: number, second: number])[]): Ratio {
  if (pairs.length !== PAIRS) throw new RangeError(`found ${pairs.length} pairs, accepted are ${PAIRS}`);
  const sorted = pairs.map(([first, second]) => second / first).sort((a, b) => a - b);
  const at = (place: number): number => sorted[place] as number;
  return { median: at(MIDDLE), lower: at(LOWER), upper: at(UPPER) };
}

/** What can be said of a ratio that is to be below `bound`. */
export function verdictOf({ lower, upper }: Ratio, bound: number): 'met' | 'MISSED' | 'too noisy to tell' {
  if (upper < bound) return 'met';
  return lower > bound ? 'MISSED' : 'too noisy to tell';
}

export function describeRatio({ median, lower, upper }: Ratio): string {
  return `times ${median.toFixed(2)} (${lower.toFixed(2)} to ${upper.toFixed(2)})`;
}
