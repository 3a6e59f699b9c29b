import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from './apiClient.ts';
import { ProgrammedWatch } from './programmed.ts';
import { runStep, type StepContext } from './runStep.ts';
import type { ProbeOptions, Step, StepResult } from './step.ts';

/** Runs the steps in order, `parallel` at once; ends early, with those done, at the signal. `progress` hears how many are done. */
export async function runSteps(
  options: ProbeOptions,
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<readonly StepResult[]> {
  const api = new ApiClient();
  const programmed = new ProgrammedWatch(api);
  const context: StepContext = { api, options, programmed };
  const waiting = [...options.steps];
  const results: StepResult[] = [];
  const work = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined && !signal.aborted; step = waiting.shift()) {
      results.push(await paced(context, step));
      progress(results.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.parallel }, work));
  } finally {
    programmed.close();
  }
  return results;
}

async function paced(context: StepContext, step: Step): Promise<StepResult> {
  const gap = delay(context.options.gapMs);
  const result = await runStep(context, step);
  await gap;
  return result;
}
