/**
 * Called between the steps of long work. Returns a promise to await once the running slice has lasted long enough, so that
 * requests get their turn, else undefined: awaiting every step would cost more than the steps.
 */
export type Breathe = () => Promise<void> | undefined;

/**
 * Makes a `Breathe` for slices of `sliceMs` milliseconds. The first slice begins at its first call.
 * A slice overruns by one step at most, so steps must be short against `sliceMs`.
 */
export function createBreather(sliceMs = 8, now: () => number = performance.now.bind(performance)): Breathe {
  let sliceEndsAt: number | undefined;
  const nextTurn = async (): Promise<void> => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    sliceEndsAt = now() + sliceMs;
  };
  return () => {
    sliceEndsAt ??= now() + sliceMs;
    return now() < sliceEndsAt ? undefined : nextTurn();
  };
}

/** Drains `steps`, a breath between any two of them where it is due, and returns what they come to. */
export async function inSlices<T>(steps: Generator<void, T>, breathe: Breathe): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    const pause = breathe();
    if (pause !== undefined) await pause;
  }
}
