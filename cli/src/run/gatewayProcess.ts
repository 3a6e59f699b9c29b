import cluster, { type Worker } from 'node:cluster';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ProcessEnd, RunningProcess } from './supervisor.ts';

export interface GatewayProcessOptions {
  readonly documents: string;
  readonly host: string;
  /** Of the first gateway; the others have the ports after it. */
  readonly statusPort: number;
  readonly adminPort: number;
}

/** Several gateways share this machine: a smaller young generation saves each some 25 MB for 3 % of CPU. */
export const gatewayNodeOptions: readonly string[] = ['--max-semi-space-size=4'];

/** glibc gives each thread heaps of its own, which keep what was freed: two for all saves some 8 MB. Images set the same. */
export const gatewayMallocOptions: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' };

/** A gateway's process with what it prints. */
export interface GatewayProcess extends RunningProcess {
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/**
 * Makes a function that starts gateway `number` (from 1) as a worker of this process. The workers share one listening socket for each
 * port, from which whoever is free takes the next connection: with a socket each (SO_REUSEPORT), connections queued at a gateway
 * that ends would be reset. A worker ends by itself when this process is gone (node:cluster, on `disconnect`).
 */
export function gatewayStarter(options: GatewayProcessOptions): (number: number) => GatewayProcess {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({
    exec: fileURLToPath(import.meta.resolve('@evergate/gateway/main')),
    args: [],
    execArgv: [...process.execArgv, ...gatewayNodeOptions],
    silent: true,
  });
  return (number) => watchWorker(cluster.fork(environment(options, number)));
}

/** No propagation delay: nobody has to be told, the other gateways take the connections from the same socket. */
function environment({ documents, host, statusPort, adminPort }: GatewayProcessOptions, number: number) {
  return {
    ...gatewayMallocOptions,
    EVERGATE_DOCUMENTS: documents,
    EVERGATE_HOST: host,
    EVERGATE_STATUS_PORT: String(statusPort + number - 1),
    EVERGATE_ADMIN_PORT: String(adminPort + number - 1),
    EVERGATE_PROPAGATION_DELAY: '0s',
    // What a gateway does as a matter of course is said here in other words.
    EVERGATE_LOG_LEVEL: process.env['EVERGATE_LOG_LEVEL'] ?? 'warn',
  };
}

function watchWorker(worker: Worker): GatewayProcess {
  const { pid, stdout, stderr } = worker.process;
  if (pid === undefined || stdout === null || stderr === null) throw new Error('a gateway could not be started');
  const ended = new Promise<ProcessEnd>((resolve) => {
    worker.once('exit', (code, signal) => resolve({ code, signal }));
    worker.once('error', () => resolve({ code: null, signal: null }));
  });
  return { pid, stdout, stderr, ended, kill: (signal) => void worker.process.kill(signal) };
}
