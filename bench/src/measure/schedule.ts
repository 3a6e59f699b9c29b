/** How many times the rounds asked for are tried at most, so that a noisy machine ends a run without figures, not never. */
const MAX_PASSES_PER_ROUND = 2;

/**
 * Runs rounds interleaved: a pass gives everyone who still lacks rounds one, beginning with another each time, so
 * that a machine that changes its speed does so for all of them. `run` says whether its round counts.
 *
 * Ends when every one has `rounds` that count, or after twice as many passes.
 */
export async function interleave<T>(
  contestants: readonly T[],
  rounds: number,
  run: (contestant: T, pass: number) => Promise<boolean>,
): Promise<void> {
  const counted = new Map<T, number>();
  const lacking = () => contestants.filter((one) => (counted.get(one) ?? 0) < rounds);
  for (let pass = 0; pass < rounds * MAX_PASSES_PER_ROUND && lacking().length > 0; pass += 1) {
    for (const one of rotate(lacking(), pass)) {
      if (await run(one, pass)) counted.set(one, (counted.get(one) ?? 0) + 1);
    }
  }
}

function rotate<T>(values: readonly T[], by: number): readonly T[] {
  const start = by % values.length;
  return [...values.slice(start), ...values.slice(0, start)];
}
