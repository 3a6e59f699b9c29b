import { writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import type { RecordedRound } from './contest.ts';
import type { Options } from './options.ts';
import { type Summary, summarise } from './report/summary.ts';
import { formatTable } from './report/table.ts';
import { formatVerdicts, judge, type Verdict } from './report/verdict.ts';
import { judgedScenario, type ScenarioName, scenarios } from './scenario.ts';
import type { AbsentTarget, RunningTarget } from './start.ts';

/** What one scenario came to. */
export interface ScenarioResult {
  readonly scenario: ScenarioName;
  readonly summaries: readonly Summary[];
  readonly records: readonly RecordedRound[];
}

/** Everything a run found out. */
export interface Results {
  readonly options: Options;
  readonly running: readonly RunningTarget[];
  readonly absent: readonly AbsentTarget[];
  readonly scenarios: readonly ScenarioResult[];
  /** Undefined where the judged scenario or Evergate was not asked for. */
  readonly verdicts: readonly Verdict[] | undefined;
}

/** Only rounds that count go into the summaries; all are kept. */
export function concludeScenario(
  scenario: ScenarioName,
  running: readonly RunningTarget[],
  records: readonly RecordedRound[],
): ScenarioResult {
  const summaries = running.map(({ name }) => {
    const counting = records.filter(({ target, judgement }) => target === name && judgement.state === 'counts');
    return summarise(name, counting);
  });
  return { scenario, summaries, records };
}

/** The verdicts that the options ask for: of the peers named there, in the judged scenario. */
export function judgeResults(options: Options, results: readonly ScenarioResult[]): readonly Verdict[] | undefined {
  const judged = results.find(({ scenario }) => scenario === judgedScenario);
  if (judged === undefined || !options.targets.includes('evergate')) return undefined;
  return judge(judged.summaries, options.rounds).filter(({ peer }) => options.targets.includes(peer));
}

/** Whether Evergate lost requests in any round. */
export function lostRequests(results: readonly ScenarioResult[]): boolean {
  return results.some(({ records }) =>
    records.some(({ target, judgement }) => target === 'evergate' && judgement.state === 'failed'),
  );
}

/** What a run prints at its end: versions, who is absent, a table a scenario, rounds that do not count, the verdict. */
export function formatResults(results: Results): string {
  const { options, running, absent, verdicts } = results;
  return [
    `versions: ${running.map(({ name, version }) => `${name} ${version}`).join(', ')}`,
    ...absent.map(({ name, reason }) => `missing: ${name} ${reason}`),
    ...results.scenarios.map((result) => formatScenario(result, options)),
    '',
    verdicts === undefined || verdicts.length === 0 ? 'nothing to judge' : formatVerdicts(verdicts),
  ].join('\n');
}

function formatScenario({ scenario, summaries, records }: ScenarioResult, { rounds, seconds }: Options): string {
  const excluded = records.filter(({ judgement }) => judgement.state !== 'counts').length;
  const title = `${scenario}: ${scenarios[scenario].title}; ${rounds} x ${seconds} s, median (minimum)`;
  const note = excluded === 0 ? [] : [`${excluded} of ${records.length} rounds did not count; see above`];
  return ['', title, formatTable(summaries), ...note].join('\n');
}

/** Writes everything as JSON, the rounds that did not count too. Figures that do not exist are null. */
export async function writeResults(file: string, results: Results): Promise<void> {
  const { options, absent, verdicts } = results;
  const machine = { cpu: cpus()[0]?.model, kernel: release(), node: process.versions.node };
  const targets = results.running.map(({ name, version }) => ({ name, version }));
  const document = { machine, options, targets, absent, scenarios: results.scenarios, verdicts };
  await writeFile(file, `${JSON.stringify(document, undefined, 2)}\n`);
}
