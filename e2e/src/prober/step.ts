import type { ApiCall } from './apiClient.ts';
import type { Expectation, ProbeTarget, Question } from './probe.ts';

/** A change through the API server, and how it shows in what gateways answer. */
export interface Step {
  readonly name: string;
  /** In this order; the clock starts with the answer to the last one. */
  readonly calls: readonly ApiCall[];
  readonly question: Question;
  /** What every target answers once the change is effective. */
  readonly until: Expectation;
  /** What may be answered before; anything else is unexpected. */
  readonly before: readonly Expectation[];
  /** The route (`namespace/name`) whose last call's generation must become `Programmed`; then no target may answer otherwise. */
  readonly programmed?: string;
}

/** Steps for the prober. */
export interface ProbeOptions {
  readonly targets: readonly ProbeTarget[];
  readonly steps: readonly Step[];
  /** How many steps at once. */
  readonly parallel: number;
  /** The least time between the beginnings of two steps that follow each other. */
  readonly gapMs: number;
  /** How long after an answer a target is asked again; sooner where an answer is late. */
  readonly pollMs: number;
  /** How long a change may take before it counts as never. */
  readonly limitMs: number;
}

export const defaultProbe: Omit<ProbeOptions, 'targets' | 'steps'> = {
  parallel: 1,
  gapMs: 0,
  pollMs: 4,
  limitMs: 10_000,
};

/** What became of a step. Times are milliseconds since the API server's answer to its last call. */
export interface StepResult {
  readonly name: string;
  /** For each target: the first answer as wanted; null for never. */
  readonly effectiveMs: readonly (number | null)[];
  readonly programmedMs: number | null;
  /** Answers that were neither as before nor as wanted, and answers as before after wanted ones. The first few. */
  readonly unexpected: readonly string[];
  /** Answers other than wanted, after `Programmed`. The first few. */
  readonly untrue: readonly string[];
  readonly asked: number;
}
