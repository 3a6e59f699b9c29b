import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pinned } from '../machine/processes.ts';
import { benchHost, type Scenario } from '../scenario.ts';
import { parseWrkOutput, type WrkResult } from './wrkOutput.ts';

/** Connections that the load keeps open, one request at a time on each. */
export const connections = 64;

const PATIENCE_MS = 10_000;

const run = promisify(execFile);

export interface Load {
  readonly port: number;
  readonly scenario: Scenario;
  readonly seconds: number;
  readonly core: number;
  /** For the script that wrk needs to send a body. */
  readonly directory: string;
}

/** Sends requests for `seconds`. Rejects when wrk fails or has not ended 10 s later. */
export async function runWrk(load: Load, signal: AbortSignal): Promise<WrkResult> {
  const { port, scenario, seconds } = load;
  const script = await writeScript(load);
  const url = `http://127.0.0.1:${port}${scenario.path}`;
  const args = ['-t', '1', '-c', `${connections}`, '-d', `${seconds}s`, '--timeout', '5s', '--latency'];
  const command = pinned({ file: 'wrk', args: [...args, '-H', `Host: ${benchHost}`, ...script, url] }, load.core);
  const { stdout } = await run(command.file, [...command.args], { timeout: seconds * 1_000 + PATIENCE_MS, signal });
  return parseWrkOutput(stdout);
}

/** wrk sends plain GETs without a script, and faster. */
async function writeScript({ scenario, directory }: Load): Promise<readonly string[]> {
  if (scenario.requestBytes === 0) return [];
  const file = join(directory, `${scenario.name}.lua`);
  const lines = [
    `wrk.method = "${scenario.method}"`,
    `wrk.body = string.rep("x", ${scenario.requestBytes})`,
    'wrk.headers["Content-Type"] = "application/octet-stream"',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return ['-s', file];
}
