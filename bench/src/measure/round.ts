import { readResidentBytes, readUsage, usageBetween } from '../machine/usage.ts';
import { type Load, runWrk } from './wrk.ts';
import { countErrors, describeErrors, type WrkResult } from './wrkOutput.ts';

/** Below this part of a busy core the figures are another machine's: CPU a request rises at low load. */
export const minimumBusy = 0.95;

/** What one round measured of one target. */
export interface Round {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** User and system time of the target's process a request, in microseconds. */
  readonly cpuMicros: number;
  readonly residentBytes: number;
  /** 0 to 1: how busy the target's core was. */
  readonly coreBusy: number;
  /** The target's part of what the core did for processes. */
  readonly processShare: number;
  readonly load: WrkResult;
}

/** Whether a round may be used; `failed` says that requests were lost, which no neighbour explains. */
export type RoundJudgement =
  | { readonly state: 'counts' }
  | { readonly state: 'unsaturated' | 'failed'; readonly reason: string };

/** Loads one target for a while and reads what that cost its process. */
export async function measureRound(load: Load, pid: number, core: number, signal: AbortSignal): Promise<Round> {
  const before = await readUsage(pid, core);
  const result = await runWrk(load, signal);
  const used = usageBetween(before, await readUsage(pid, core));
  return {
    requestsPerSecond: result.requestsPerSecond,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuMicros: used.cpuMicros / result.requests,
    residentBytes: await readResidentBytes(pid),
    coreBusy: used.coreBusy,
    processShare: used.processShare,
    load: result,
  };
}

export function judgeRound(round: Round): RoundJudgement {
  if (countErrors(round.load.errors) > 0)
    return { state: 'failed', reason: `errors: ${describeErrors(round.load.errors)}` };
  if (round.load.requests === 0) return { state: 'failed', reason: 'not one request was answered' };
  if (round.coreBusy < minimumBusy) {
    return { state: 'unsaturated', reason: `the core was only ${percent(round.coreBusy)} busy` };
  }
  if (round.processShare < minimumBusy) {
    return { state: 'unsaturated', reason: `the target had only ${percent(round.processShare)} of its core` };
  }
  return { state: 'counts' };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
