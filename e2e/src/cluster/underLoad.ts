import { setTimeout as delay } from 'node:timers/promises';
import { type Arrivals, account, type Discrepancies } from '../account/account.ts';
import { defaultLoad, type LoadOptions } from '../load/loadOptions.ts';
import type { LoadResult } from '../load/runLoad.ts';
import type { RequestCounts } from '../load/tally.ts';
import { podPorts } from '../podPorts.ts';
import { type Arena, arenaNamespace } from './arena.ts';
import { eventually } from './eventually.ts';
import { record } from './figures.ts';
import { serviceTarget } from './fleet.ts';
import { PodTask } from './podTask.ts';

const QUIET_SECONDS = 6;
const AFTER_MS = 3_000;
const START_MS = 30_000;
const END_MS = 120_000;
const LEDGER_MS = 10_000;

/** A run of load, with what the upstreams saw of it. */
export interface Accounted {
  readonly result: LoadResult;
  readonly discrepancies: Discrepancies;
}

export type LoadSettings = Partial<Omit<LoadOptions, 'run'>>;

/** The path that the tests' load takes. */
export const loadTarget: string = `http://${serviceTarget.address}/load`;

let runs = 0;

/** A run that the scenario ends. */
export async function startLoad(
  arena: Arena,
  name: string,
  settings: LoadSettings = {},
): Promise<PodTask<LoadResult, RequestCounts>> {
  runs += 1;
  const run = `${name}-${Date.now().toString(36)}-${runs}`;
  const input: LoadOptions = { ...defaultLoad, target: loadTarget, ...settings, run };
  const task = await PodTask.start<LoadResult, RequestCounts>(arena.kubectl, arena.client, 'load', input);
  await task.reaches(({ sent }) => sent >= input.ratePerSecond, START_MS);
  return task;
}

/** Joins what the client counted with what the upstreams saw, once they have told it all. */
export async function accounted(arena: Arena, result: LoadResult): Promise<Accounted> {
  const ledger = `/api/v1/namespaces/${arenaNamespace}/pods/ledger:${podPorts.ledger}/proxy/runs/${result.run}`;
  let discrepancies: Discrepancies | undefined;
  const agree = async (): Promise<boolean> => {
    discrepancies = account(result, await arena.kubectl.raw<Arrivals>(ledger));
    return discrepancies.acknowledgedUnseen.length === 0;
  };
  // What upstreams saw comes in batches: at first some may be missing.
  await eventually(LEDGER_MS, 'the ledger to know all', agree).catch(() => {});
  if (discrepancies === undefined) throw new Error('the ledger did not answer');
  return { result, discrepancies };
}

/**
 * The fault while load runs, and some seconds more; without it first. Rejects when that first run lost anything: then nothing can be said of
 * the fault.
 */
export async function underLoad(
  arena: Arena,
  name: string,
  fault: () => Promise<unknown>,
  settings: LoadSettings = {},
): Promise<Accounted> {
  const quiet = await runOf(arena, `${name}-quiet`, settings, () => delay(QUIET_SECONDS * 1_000));
  const { lost, notSent } = quiet.result;
  if (lost + notSent > 0) {
    throw new Error(`not judged: without the fault ${lost} were lost: ${JSON.stringify(quiet.result.reasons)}`);
  }
  const faulty = await runOf(arena, name, settings, async () => {
    await fault();
    await delay(AFTER_MS);
  });
  await record(name, figuresOf(faulty, quiet));
  return faulty;
}

export async function runOf(
  arena: Arena,
  name: string,
  settings: LoadSettings,
  meanwhile: () => Promise<unknown>,
): Promise<Accounted> {
  const task = await startLoad(arena, name, settings);
  try {
    await meanwhile();
  } finally {
    await task.stop();
  }
  return accounted(arena, await task.result(END_MS));
}

/** For printing. */
export function figuresOf(
  { result, discrepancies }: Accounted,
  quiet: Accounted,
): Readonly<Record<string, string | number>> {
  const { latency, streams, examples } = result;
  const streamText = Object.entries(streams).map(
    ([kind, { whole, broken }]) => `${kind} ${whole} whole, ${broken} broken`,
  );
  return {
    requests: result.sent,
    lost: result.lost,
    ...(result.lost > 0
      ? { 'lost to': JSON.stringify(result.reasons), first: JSON.stringify(examples.slice(0, 3)) }
      : {}),
    ...(result.retried > 0 ? { retried: result.retried } : {}),
    'acknowledged but never arrived': discrepancies.acknowledgedUnseen.length,
    'POSTs that arrived twice': discrepancies.postsRepeated.length,
    ...(streamText.length > 0 ? { streams: streamText.join('; ') } : {}),
    seconds: result.seconds,
    'p50 ms': `${latency.p50Ms.toFixed(1)} (without the fault ${quiet.result.latency.p50Ms.toFixed(1)})`,
    'p99 ms': `${latency.p99Ms.toFixed(1)} (without the fault ${quiet.result.latency.p99Ms.toFixed(1)})`,
    'most ms': latency.maxMs,
  };
}
