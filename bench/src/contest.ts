import { judgeRound, measureRound, type Round, type RoundJudgement } from './measure/round.ts';
import { interleave } from './measure/schedule.ts';
import { type Load, runWrk } from './measure/wrk.ts';
import type { Options } from './options.ts';
import type { Scenario } from './scenario.ts';
import { loadCore, type RunningTarget, targetCore } from './start.ts';
import type { TargetName } from './targets/target.ts';
import { verifyProxying } from './verify.ts';

const VERIFY_TIMEOUT_MS = 10_000;

/** A round as it was run, whether it counts or not. */
export interface RecordedRound {
  readonly target: TargetName;
  readonly pass: number;
  readonly round: Round;
  readonly judgement: RoundJudgement;
}

/** What a contest needs beside the targets. */
export interface ContestSettings {
  readonly options: Pick<Options, 'rounds' | 'seconds' | 'warmupSeconds'>;
  /** What the upstream's bodies are made of. */
  readonly word: string;
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Hears of each step, in a line. */
  readonly report: (line: string) => void;
}

/**
 * Sends one scenario to all targets: proves that each proxies it, warms each up, and runs the rounds in turns. Rejects when a
 * target answers wrongly or ends.
 */
export async function runContest(
  running: readonly RunningTarget[],
  scenario: Scenario,
  settings: ContestSettings,
): Promise<readonly RecordedRound[]> {
  for (const target of running) await verifyTarget(target, scenario, settings);
  for (const target of running) {
    settings.report(`${scenario.name}: warming up ${target.name}`);
    await runWrk(loadOf(target, scenario, settings, settings.options.warmupSeconds), signalOf(target, settings));
  }
  const records: RecordedRound[] = [];
  const runOne = async (target: RunningTarget, pass: number): Promise<boolean> => {
    const record = await recordRound(target, scenario, pass, settings);
    records.push(record);
    settings.report(describe(scenario, record));
    return record.judgement.state === 'counts';
  };
  await interleave(running, settings.options.rounds, runOne);
  for (const target of running) await verifyTarget(target, scenario, settings);
  return records;
}

async function verifyTarget(target: RunningTarget, scenario: Scenario, settings: ContestSettings): Promise<void> {
  const signal = AbortSignal.any([signalOf(target, settings), AbortSignal.timeout(VERIFY_TIMEOUT_MS)]);
  try {
    await verifyProxying(target.port, scenario, settings.word, signal);
  } catch (error) {
    settings.signal.throwIfAborted();
    throw new Error(`${target.name} does not proxy ${scenario.name}`, { cause: error });
  }
}

async function recordRound(
  target: RunningTarget,
  scenario: Scenario,
  pass: number,
  settings: ContestSettings,
): Promise<RecordedRound> {
  const load = loadOf(target, scenario, settings, settings.options.seconds);
  const round = await measureRound(load, target.process.pid, targetCore, signalOf(target, settings));
  return { target: target.name, pass, round, judgement: judgeRound(round) };
}

function loadOf(target: RunningTarget, scenario: Scenario, { directory }: ContestSettings, seconds: number): Load {
  return { port: target.port, scenario, seconds, core: loadCore, directory };
}

/** Aborts when the run is interrupted or the target has ended. */
function signalOf(target: RunningTarget, settings: ContestSettings): AbortSignal {
  return AbortSignal.any([settings.signal, target.process.ended]);
}

function describe(scenario: Scenario, { target, pass, round, judgement }: RecordedRound): string {
  const figures = `${round.requestsPerSecond.toFixed(0)}/s, ${round.cpuMicros.toFixed(1)} us CPU a request`;
  const outcome = judgement.state === 'counts' ? '' : `; does not count: ${judgement.reason}`;
  return `${scenario.name}: round ${pass + 1} of ${target}: ${figures}${outcome}`;
}
