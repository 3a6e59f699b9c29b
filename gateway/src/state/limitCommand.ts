import type { LimitCharge, LimitState } from './limit.ts';
import { answersPerLimit } from './scripts/takeLimits.ts';
import { StoreError } from './store.ts';

/** The arguments of the script `takeLimits`. */
export function limitArguments(charges: readonly LimitCharge[]): (string | number)[] {
  const args: (string | number)[] = [];
  for (const { algorithm, requests, windowMs, burst, dryRun } of charges) {
    args.push(algorithm, requests, windowMs * 1_000, burst, dryRun ? 1 : 0);
  }
  return args;
}

/** Reads the script's answer. */
export function readAnswers(answer: unknown, count: number): readonly LimitState[] {
  if (!Array.isArray(answer) || answer.length !== count * answersPerLimit) throw new StoreError('Refused');
  const states: LimitState[] = [];
  for (let at = 0; at < answer.length; at += answersPerLimit) {
    const [admitted, remaining, reset] = [Number(answer[at]), Number(answer[at + 1]), Number(answer[at + 2])];
    states.push({ admitted: admitted === 1, remaining: Math.max(0, remaining), resetMs: Math.max(0, reset / 1_000) });
  }
  return states;
}
