/*
 * What runs in the pods of the tests: `node podMain.ts upstream|auth|ledger|client|prober`. Settings come from the environment:
 * POD_NAME, VERSION, LEDGER (a URL), GRACE_MS, FAIL_PERCENT.
 */
import type { Server } from 'node:http';
import { createAuthServer } from './auth/authServer.ts';
import { createLedgerServer } from './ledger/ledgerServer.ts';
import type { LoadOptions } from './load/loadOptions.ts';
import { runLoad } from './load/runLoad.ts';
import { podPorts } from './podPorts.ts';
import type { ApiCall } from './prober/apiClient.ts';
import { bareHops, type HopOptions } from './prober/bareHops.ts';
import { type PacedCalls, runCalls, runPacedCalls } from './prober/runCalls.ts';
import { runSteps } from './prober/runSteps.ts';
import type { ProbeOptions } from './prober/step.ts';
import { type WatchOptions, watchTargets } from './prober/watchTargets.ts';
import { type Task, TaskServer } from './tasks/taskServer.ts';
import { ArrivalSender } from './upstream/arrivalSender.ts';
import { Upstream } from './upstream/upstream.ts';

const { POD_NAME = 'pod', VERSION = 'v1', LEDGER, GRACE_MS = '5000', FAIL_PERCENT = '0' } = process.env;

/** Resolves with the first signal to end. */
const terminated = new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()));

function startUpstream(): void {
  const sender = LEDGER === undefined ? undefined : new ArrivalSender(LEDGER);
  const arrived = (id: string): void => sender?.add(id);
  const upstream = new Upstream({
    origin: { pod: POD_NAME, version: VERSION },
    arrived,
    failPercent: Number(FAIL_PERCENT),
  });
  upstream.server.listen(podPorts.upstream);
  void terminated
    .then(() => upstream.leave(Number(GRACE_MS)))
    .then(() => sender?.close())
    .then(() => process.exit(0));
}

function startServer(server: Server, port: number): void {
  server.listen(port);
  void terminated.then(() => process.exit(0));
}

const load: Task = (input, signal, progress) => runLoad(input as LoadOptions, signal, progress);

const steps: Task = (input, signal, progress) => runSteps(input as ProbeOptions, signal, progress);
const calls: Task = (input, signal) => runCalls(input as readonly ApiCall[], signal);
const pacedCalls: Task = (input, signal) => runPacedCalls(input as PacedCalls, signal);
const watch: Task = (input, signal) => watchTargets(input as WatchOptions, signal);
const hops: Task = (input, signal) => bareHops(input as HopOptions, signal);

const roles: Readonly<Record<string, () => void>> = {
  upstream: startUpstream,
  auth: () => startServer(createAuthServer(), podPorts.upstream),
  ledger: () => startServer(createLedgerServer(), podPorts.ledger),
  client: () => startServer(new TaskServer({ load }).server, podPorts.tasks),
  prober: () => startServer(new TaskServer({ steps, calls, pacedCalls, watch, hops }).server, podPorts.tasks),
};

const [role = ''] = process.argv.slice(2);
const start = roles[role];
if (start === undefined) throw new Error(`${role} is none of ${Object.keys(roles).join(', ')}`);
start();
