import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort, waitForPort } from './machine/ports.ts';
import type { Command, Processes, StartedProcess } from './machine/processes.ts';
import type { Site, Target, TargetName } from './targets/target.ts';
import { prepareUpstream } from './upstream.ts';

const START_TIMEOUT_MS = 20_000;

/** Everything under test stands on one core. */
export const targetCore = 0;

/** The upstream, the load and this program stand on another. */
export const loadCore = 1;

/** A target that takes connections. */
export interface RunningTarget {
  readonly name: TargetName;
  readonly version: string;
  readonly port: number;
  readonly process: StartedProcess;
}

/** A target that this run goes without, and what to do about it. */
export interface AbsentTarget {
  readonly name: TargetName;
  readonly reason: string;
}

/** Where processes are started and keep their files. */
export interface Workplace {
  readonly directory: string;
  readonly processes: Processes;
  readonly signal: AbortSignal;
}

/** Starts the upstream; returns its port. Rejects when it does not take connections within 20 s. */
export async function startUpstream(workplace: Workplace, word: string): Promise<number> {
  const port = await findFreePort();
  const command = await prepareUpstream(await directoryFor(workplace, 'upstream'), port, word);
  await startProcess(workplace, 'upstream', command, loadCore, port);
  return port;
}

/** Starts a target where it is installed. A target that is missing or does not start is absent, with the reason. */
export async function startTarget(
  workplace: Workplace,
  target: Target,
  upstreamPort: number,
): Promise<RunningTarget | AbsentTarget> {
  const { name } = target;
  const installation = await target.find();
  if (installation.state === 'missing') return { name, reason: `not installed; to install it: ${installation.remedy}` };
  const site: Site = { port: await findFreePort(), upstreamPort, directory: await directoryFor(workplace, name) };
  try {
    const command = await installation.prepare(site);
    const process = await startProcess(workplace, name, command, targetCore, site.port);
    return { name, version: installation.version, port: site.port, process };
  } catch (error) {
    workplace.signal.throwIfAborted();
    return { name, reason: `did not start: ${error instanceof Error ? error.message : error}` };
  }
}

async function startProcess(
  { processes, signal }: Workplace,
  name: string,
  command: Command,
  core: number,
  port: number,
): Promise<StartedProcess> {
  const started = await processes.start(name, command, core);
  const limit = AbortSignal.any([signal, started.ended, AbortSignal.timeout(START_TIMEOUT_MS)]);
  try {
    await waitForPort(port, limit);
  } catch {
    throw limit.reason;
  }
  return started;
}

async function directoryFor({ directory }: Workplace, name: string): Promise<string> {
  const own = join(directory, name);
  await mkdir(own);
  return own;
}
