import type { RecordedRound } from '../contest.ts';
import type { Round } from '../measure/round.ts';
import type { TargetName } from '../targets/target.ts';
import { type Spread, spread } from './statistics.ts';

/** What the rounds of one target that count amount to. Every spread is NaN where none counts. */
export interface Summary {
  readonly target: TargetName;
  readonly rounds: number;
  readonly requestsPerSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** User and system time a request. */
  readonly cpuMicros: Spread;
  readonly residentMiB: Spread;
  /** CPU microseconds a request, by the pass of the round. */
  readonly cpuMicrosByPass: ReadonlyMap<number, number>;
}

export function summarise(target: TargetName, rounds: readonly Pick<RecordedRound, 'pass' | 'round'>[]): Summary {
  const over = (pick: (round: Round) => number) => spread(rounds.map(({ round }) => pick(round)));
  return {
    target,
    rounds: rounds.length,
    requestsPerSecond: over((round) => round.requestsPerSecond),
    p50Ms: over((round) => round.p50Ms),
    p99Ms: over((round) => round.p99Ms),
    cpuMicros: over((round) => round.cpuMicros),
    residentMiB: over((round) => round.residentBytes / 1_048_576),
    cpuMicrosByPass: new Map(rounds.map(({ pass, round }) => [pass, round.cpuMicros])),
  };
}
