import type { TargetName } from '../targets/target.ts';
import { median } from './statistics.ts';
import type { Summary } from './summary.ts';

/** Fewer pairs of rounds than these (or than were asked for, if that is fewer) are no ground for a verdict. */
const MINIMUM_PAIRS = 3;

/** What Evergate may cost at most, as a ratio of a peer's CPU time a request. */
export const bounds: readonly { readonly peer: TargetName; readonly bound: number }[] = [
  { peer: 'envoy', bound: 1.0 },
  { peer: 'fastify-http-proxy', bound: 0.6 },
];

export interface Verdict {
  readonly peer: TargetName;
  readonly bound: number;
  readonly outcome:
    | { readonly state: 'within' | 'exceeded'; readonly ratio: number }
    | { readonly state: 'unjudged'; readonly reason: string };
}

/**
 * Holds CPU microseconds a request against the bounds: the median, over the passes, of the ratio between two rounds of the same pass.
 * They lie seconds apart, so a machine that changes its speed in the course of a run does so for both; the ratio of two medians
 * would compare fast minutes with slow ones. `rounds` is how many were asked for.
 */
export function judge(summaries: readonly Summary[], rounds: number): readonly Verdict[] {
  return bounds.map(({ peer, bound }) => ({ peer, bound, outcome: judgePeer(summaries, peer, bound, rounds) }));
}

function judgePeer(summaries: readonly Summary[], peer: TargetName, bound: number, rounds: number): Verdict['outcome'] {
  const [ours, theirs] = (['evergate', peer] as const).map((name) => summaries.find(({ target }) => target === name));
  if (ours === undefined) return { state: 'unjudged', reason: 'evergate was not run' };
  if (theirs === undefined) return { state: 'unjudged', reason: `${peer} was not run` };
  const enough = Math.min(MINIMUM_PAIRS, rounds);
  const ratios = pairedRatios(ours, theirs);
  if (ratios.length < enough) {
    return { state: 'unjudged', reason: `both count in only ${ratios.length} passes, ${enough} are needed` };
  }
  const ratio = median(ratios);
  return { state: ratio <= bound ? 'within' : 'exceeded', ratio };
}

/** Of the passes in which both have a round that counts. */
function pairedRatios(ours: Summary, theirs: Summary): readonly number[] {
  return [...ours.cpuMicrosByPass].flatMap(([pass, micros]) => {
    const peer = theirs.cpuMicrosByPass.get(pass);
    return peer === undefined ? [] : [micros / peer];
  });
}

/** One line: `evergate/envoy CPU ratio = 0.93 (bound 1.0)`, and so on for each bound. */
export function formatVerdicts(verdicts: readonly Verdict[]): string {
  return verdicts.map(formatVerdict).join(', ');
}

function formatVerdict({ peer, bound, outcome }: Verdict): string {
  const limit = `(bound ${bound.toFixed(1)})`;
  if (outcome.state === 'unjudged') return `evergate/${peer} CPU ratio not judged: ${outcome.reason} ${limit}`;
  const excess = outcome.state === 'exceeded' ? ' EXCEEDED' : '';
  return `evergate/${peer} CPU ratio = ${outcome.ratio.toFixed(3)} ${limit}${excess}`;
}

/** 1 where a bound is exceeded, else 2 where one could not be judged, else 0. */
export function exitCode(verdicts: readonly Verdict[]): 0 | 1 | 2 {
  const states = verdicts.map(({ outcome }) => outcome.state);
  if (states.includes('exceeded')) return 1;
  return states.includes('unjudged') ? 2 : 0;
}
