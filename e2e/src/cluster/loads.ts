import type { LoadResult } from '../load/runLoad.ts';
import type { Arena } from './arena.ts';
import { type Accounted, accounted, type LoadSettings, startLoad } from './underLoad.ts';

const END_MS = 60_000;

/** How many requests ended how: `answered`, or the reason why not. */
export type Endings = Readonly<Record<string, number>>;

/** Loads that ran side by side, by name. */
export type Loads<Name extends string> = Readonly<Record<Name, Accounted>>;

/** Runs all of them for as long as `story` takes. */
export async function sideBySide<Name extends string>(
  arena: Arena,
  settings: Readonly<Record<Name, LoadSettings>>,
  story: () => Promise<void>,
): Promise<Loads<Name>> {
  const all = Object.entries<LoadSettings>(settings);
  const tasks = await Promise.all(all.map(async ([name, one]) => [name, await startLoad(arena, name, one)] as const));
  try {
    await story();
  } finally {
    await Promise.all(tasks.map(([, task]) => task.stop()));
  }
  const runs = tasks.map(async ([name, task]) => [name, await accounted(arena, await task.result(END_MS))] as const);
  return Object.fromEntries(await Promise.all(runs)) as Loads<Name>;
}

/** What became of the requests that were due from one moment to another, of whole seconds of the load in between (milliseconds since the epoch). */
export function endingsBetween({ startedAt, timeline }: LoadResult, from: number, to: number): Endings {
  const sums: Record<string, number> = {};
  for (const [second, endings] of timeline.entries()) {
    const begins = startedAt + second * 1_000;
    if (begins < from || begins + 1_000 > to) continue;
    for (const [ending, count] of Object.entries(endings)) sums[ending] = (sums[ending] ?? 0) + count;
  }
  return sums;
}

/** How many seconds of the load have at least one ending of this kind. */
export function secondsWith({ timeline }: LoadResult, ending: string): number {
  return timeline.filter((endings) => endings[ending] !== undefined).length;
}

/** When the last request that ended so was due (milliseconds since the epoch); 0 where there was none. */
export function lastSeen({ startedAt, lastDueMs }: LoadResult, ending: string): number {
  const dueMs = lastDueMs[ending];
  return dueMs === undefined ? 0 : startedAt + dueMs;
}
