import { setImmediate as nextTurn } from 'node:timers/promises';

const LIMIT_MS = 4_000;

/** Looks once a turn of the event loop until `holds`; throws after 4 s. For states that no event announces. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  const endsAt = performance.now() + LIMIT_MS;
  while (!holds()) {
    if (performance.now() > endsAt) throw new Error(`never came to be: ${what}`);
    await nextTurn();
  }
}
