import { setTimeout as pause } from 'node:timers/promises';

const LIMIT_MS = 30_000;
const POLL_MS = 5;

/** Looks every 5 ms until `holds`; throws after 30 s; or as told. For states that no event announces. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { limitMs = LIMIT_MS, pollMs = POLL_MS }: { readonly limitMs?: number; readonly pollMs?: number } = {},
): Promise<void> {
  const endsAt = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error(`never came to be: ${what}`);
    await pause(pollMs);
  }
}

/** Lets all that needs no time happen: promises that are resolved already, and what follows from them. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await new Promise<void>((resolve) => setImmediate(resolve));
}
