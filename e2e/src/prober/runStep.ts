import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from './apiClient.ts';
import { meets, Probe, type ProbeAnswer } from './probe.ts';
import type { ProgrammedWatch } from './programmed.ts';
import type { ProbeOptions, Step, StepResult } from './step.ts';

const MAX_EXAMPLES = 5;
const CHECKS = 3;
/** After this a question is late. */
const LATE_MS = 10;
const MAX_UNDER_WAY = 64;

interface Watched {
  readonly firstMs: number | null;
  readonly asked: number;
  readonly unexpected: readonly string[];
}

export interface StepContext {
  readonly api: Pick<ApiClient, 'call'>;
  readonly programmed: Pick<ProgrammedWatch, 'programmed'>;
  readonly options: ProbeOptions;
}

/** Makes the change, asking every target all the while, from before the first call until all answer as wanted or the limit. */
export async function runStep(context: StepContext, step: Step): Promise<StepResult> {
  const { targets, limitMs } = context.options;
  const probes = targets.map((target) => new Probe(target));
  const clock = { answeredMs: Number.POSITIVE_INFINITY };
  try {
    const watched = Promise.all(probes.map((probe) => watchAnswers(probe, step, context.options, clock)));
    const generation = await makeChange(context.api, step);
    clock.answeredMs = performance.now();
    const programmedAt = await awaitProgrammed(context, step, generation, limitMs);
    const untrue = programmedAt === undefined ? [] : await checkTruth(probes, step);
    const results = await watched;
    return {
      name: step.name,
      effectiveMs: results.map(({ firstMs }) => (firstMs === null ? null : Math.max(0, firstMs - clock.answeredMs))),
      programmedMs: programmedAt === undefined ? null : programmedAt - clock.answeredMs,
      unexpected: results.flatMap(({ unexpected }) => unexpected).slice(0, MAX_EXAMPLES),
      untrue,
      asked: results.reduce((sum, { asked }) => sum + asked, 0),
    };
  } finally {
    clock.answeredMs = Number.NEGATIVE_INFINITY;
    for (const probe of probes) probe.close();
  }
}

/** The generation of the last object written. */
async function makeChange(api: Pick<ApiClient, 'call'>, { calls }: Step): Promise<number> {
  let generation = 0;
  for (const call of calls) {
    const answer = await api.call<{ metadata?: { generation?: number } }>(call);
    generation = answer.metadata?.generation ?? 0;
  }
  return generation;
}

async function awaitProgrammed(
  { programmed }: StepContext,
  step: Step,
  generation: number,
  limitMs: number,
): Promise<number | undefined> {
  return step.programmed === undefined ? undefined : programmed.programmed(step.programmed, generation, limitMs);
}

/**
 * Ends when the target has answered as wanted, or at the limit. A question that is not answered soon is not waited for before the next one:
 * it may have been passed on, as before, to a backend that takes its time.
 */
async function watchAnswers(
  probe: Probe,
  step: Step,
  { pollMs, limitMs }: ProbeOptions,
  clock: { readonly answeredMs: number },
): Promise<Watched> {
  const unexpected: string[] = [];
  let asked = 0;
  let underWay = 0;
  let firstMs: number | null = null;
  const ask = async (): Promise<void> => {
    asked += 1;
    underWay += 1;
    const answer = await probe.ask(step.question);
    underWay -= 1;
    if (firstMs !== null) return;
    if (meets(answer, step.until)) firstMs = answer.atMs;
    else if (!step.before.some((expected) => meets(answer, expected))) unexpected.push(describe(probe, answer));
  };
  while (firstMs === null && performance.now() - clock.answeredMs <= limitMs) {
    const answered = underWay < MAX_UNDER_WAY ? ask() : Promise.resolve();
    await Promise.race([answered.then(() => (firstMs === null ? delay(pollMs) : undefined)), delay(LATE_MS)]);
  }
  return { firstMs, asked, unexpected };
}

/** Requests sent now must see the change: the status says that it is live. */
async function checkTruth(probes: readonly Probe[], step: Step): Promise<readonly string[]> {
  const untrue: string[] = [];
  const fresh = probes.map(({ target }) => new Probe(target));
  for (let check = 0; check < CHECKS; check += 1) {
    const answers = await Promise.all(fresh.map(async (probe) => ({ probe, answer: await probe.ask(step.question) })));
    for (const { probe, answer } of answers) {
      if (!meets(answer, step.until)) untrue.push(describe(probe, answer));
    }
  }
  for (const probe of fresh) probe.close();
  return untrue.slice(0, MAX_EXAMPLES);
}

function describe({ target }: Probe, { status, body }: ProbeAnswer): string {
  return `${target.name}: ${status} ${body.slice(0, 100)}`;
}
