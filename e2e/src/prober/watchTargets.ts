import { setTimeout as delay } from 'node:timers/promises';
import { Probe, type ProbeTarget, type Question } from './probe.ts';

const MAX_CHANGES = 1_000;

/** Asks each target the same again and again, for `seconds` at most. */
export interface WatchOptions {
  readonly targets: readonly ProbeTarget[];
  readonly question: Question;
  readonly pollMs: number;
  readonly seconds: number;
}

/** From when on a target answered so; `status` 0 where there was no answer. */
export interface Change {
  /** Of the wall clock, as what happens elsewhere is compared with it. */
  readonly atMs: number;
  readonly status: number;
  readonly body: string;
}

/** For each target by name, how its answers changed. */
export type TargetHistory = Readonly<Record<string, readonly Change[]>>;

export async function watchTargets(options: WatchOptions, signal: AbortSignal): Promise<TargetHistory> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(options.seconds * 1_000)]);
  const histories = options.targets.map(async (target) => [target.name, await watchOne(target, options, end)] as const);
  return Object.fromEntries(await Promise.all(histories));
}

async function watchOne(
  target: ProbeTarget,
  { question, pollMs }: WatchOptions,
  end: AbortSignal,
): Promise<readonly Change[]> {
  const probe = new Probe(target);
  const changes: Change[] = [];
  while (!end.aborted && changes.length < MAX_CHANGES) {
    const { status, body } = await probe.ask(question);
    const last = changes.at(-1);
    if (last?.status !== status || (status !== 0 && last.body !== body)) {
      changes.push({ atMs: Date.now(), status, body: body.slice(0, 200) });
    }
    await delay(pollMs);
  }
  probe.close();
  return changes;
}
