import { spawnSync } from 'node:child_process';
import { bench } from './bench.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { exitCode } from './report/verdict.ts';
import { formatResults, lostRequests, writeResults } from './results.ts';
import { loadCore } from './start.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args);
  if (parsed.state === 'options') return runUntilSignal(parsed.options);
  if (parsed.state === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  for (const problem of parsed.problems) say(problem);
  say('--help lists the options');
  return 64;
}

async function runUntilSignal(options: Options): Promise<number> {
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => interruption.abort(new Error(`ended by ${name}`)));
  }
  leaveTargetCore();
  try {
    return await runAndPrint(options, interruption.signal);
  } catch (error) {
    say(describe(error));
    return interruption.signal.aborted ? 130 : 1;
  }
}

async function runAndPrint(options: Options, signal: AbortSignal): Promise<number> {
  const results = await bench(options, signal, say);
  if (options.jsonFile !== undefined) await writeResults(options.jsonFile, results);
  process.stdout.write(`${formatResults(results)}\n`);
  if (!lostRequests(results.scenarios)) return exitCode(results.verdicts ?? []);
  say('evergate lost requests; see the rounds above');
  return 1;
}

/** This program's own threads must not run where the targets are measured. */
function leaveTargetCore(): void {
  spawnSync('taskset', ['-a', '-c', '-p', `${loadCore}`, `${process.pid}`]);
}

/** An error with what caused it: the reason is mostly there. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
