/** How many times as much one thing is as another, found where what the machine does otherwise is the same for both. */
export interface Ratio {
  readonly median: number;
  /** Between these the true one lies with a probability of 95 % or a little more. */
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

/** What two things took over the same stretch of time, in any unit: whatever the machine did then met both. */
export type Block = readonly [first: readonly number[], second: readonly number[]];

const RESAMPLES = 1_000;
/** Of so many resamples in order, 95 % lie between these. */
const [LOW, HIGH] = [RESAMPLES * 0.025, RESAMPLES * 0.975 - 1];

/**
 * The ratio of second to first at a quantile over all blocks together, with what 95 % of resamples of the blocks give (the block bootstrap of
 * Künsch, 1989): values of a block belong together, as a stall of the machine meets many of them.
 */
export function quantileRatio(blocks: readonly Block[], share: number): Ratio {
  const random = seeded();
  const ratioOf = (chosen: readonly Block[]): number => {
    const [first, second] = ([0, 1] as const).map((side) =>
      quantileOf(
        chosen.flatMap((block) => block[side]),
        share,
      ),
    );
    return (second as number) / (first as number);
  };
  const resample = (): readonly Block[] => blocks.map(() => blocks[Math.floor(random() * blocks.length)] as Block);
  const ratios = Array.from({ length: RESAMPLES }, () => ratioOf(resample())).sort((a, b) => a - b);
  return { median: ratioOf(blocks), lower: ratios[LOW] as number, upper: ratios[HIGH] as number };
}

function quantileOf(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(sorted.length * share)] as number;
}

/** Numbers from 0 to below 1, the same ones each time (the generator of Park and Miller, 1988). */
function seeded(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
