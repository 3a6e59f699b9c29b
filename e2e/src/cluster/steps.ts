import type { HopOptions } from '../prober/bareHops.ts';
import { defaultProbe, type ProbeOptions, type Step, type StepResult } from '../prober/step.ts';
import { type Arena, arenaNamespace } from './arena.ts';
import { quantile } from './figures.ts';
import { gatewayTargets } from './fleet.ts';
import { PodTask } from './podTask.ts';

const STEP_MS = 15_000;
const BARE_HOPS = 100;

/** Has the prober make changes and tell when each pod of the fleet showed it. */
export async function probe(
  arena: Arena,
  steps: readonly Step[],
  options: Partial<ProbeOptions> = {},
): Promise<readonly StepResult[]> {
  const targets = options.targets ?? (await gatewayTargets(arena));
  const input: ProbeOptions = { ...defaultProbe, ...options, targets, steps };
  const task = await PodTask.start<readonly StepResult[]>(arena.kubectl, arena.prober, 'steps', input);
  return task.result(60_000 + steps.length * STEP_MS);
}

/** For each step: until the last pod showed it, in milliseconds; infinite where one never did. */
export function effectiveMs(results: readonly StepResult[]): readonly number[] {
  return results.map(({ effectiveMs: each }) => Math.max(...each.map((ms) => ms ?? Number.POSITIVE_INFINITY)));
}

/** Figures of a series, for printing. */
export function distribution(name: string, values: readonly number[]): Readonly<Record<string, number>> {
  return {
    [`${name}, p50 ms`]: quantile(values, 0.5),
    [`${name}, p90 ms`]: quantile(values, 0.9),
    [`${name}, p99 ms`]: quantile(values, 0.99),
    [`${name}, most ms`]: Math.max(...values),
  };
}

/** How many steps saw answers that they should not. */
export function flawed(results: readonly StepResult[]): number {
  return results.filter(({ unexpected, untrue }) => unexpected.length + untrue.length > 0).length;
}

/** Everything that no step may have: the first few. */
export function flaws(results: readonly StepResult[]): readonly string[] {
  return results
    .flatMap(({ name, unexpected, untrue }) => [
      ...unexpected.map((answer) => `${name}: unexpected ${answer}`),
      ...untrue.map((answer) => `${name}: after Programmed ${answer}`),
    ])
    .slice(0, 20);
}

/**
 * The p99 of what anybody needs on this machine for two changes and two watches, in milliseconds: where that is half a bound or more, figures
 * say nothing of ours.
 */
export async function bareMs({ kubectl, prober }: Arena): Promise<number> {
  const input: HopOptions = { namespace: arenaNamespace, count: BARE_HOPS, gapMs: 100 };
  const task = await PodTask.start<readonly number[]>(kubectl, prober, 'hops', input);
  return quantile(await task.result(60_000), 0.99);
}
