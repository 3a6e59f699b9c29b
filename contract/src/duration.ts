const PATTERN = /^(?:[0-9]{1,5}(?:h|m|s|ms)){1,4}$/;
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** The pattern of a Gateway API duration (GEP-2257), for schemas. */
export const durationPattern = '^([0-9]{1,5}(h|m|s|ms)){1,4}$';

/**
 * Reads a Gateway API duration (GEP-2257: `1h`, `1m30s`, `250ms`).
 * Returns milliseconds, or undefined where the text is no duration.
 */
export function parseDuration(text: string): number | undefined {
  if (!PATTERN.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9]+)(ms|h|m|s)/g)) {
    totalMs += Number(amount) * (UNIT_MS[unit as string] as number);
  }
  return totalMs;
}

/** Writes milliseconds as the shortest Gateway API duration: 90000 is `1m30s`, 0 is `0s`. */
export function formatDuration(totalMs: number): string {
  let rest = totalMs;
  let text = '';
  for (const [unit, sizeMs] of Object.entries(UNIT_MS)) {
    const amount = Math.floor(rest / sizeMs);
    rest -= amount * sizeMs;
    if (amount > 0) text += `${amount}${unit}`;
  }
  return text === '' ? '0s' : text;
}
