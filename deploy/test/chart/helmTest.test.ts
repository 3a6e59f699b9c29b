import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { objects } from '../support/helm.ts';

jest.setTimeout(60_000);

interface Pod {
  readonly containers: readonly { readonly command: readonly string[]; readonly args: readonly string[] }[];
}

let server: Server | undefined;
let asking: ChildProcess | undefined;

afterEach(() => {
  asking?.kill('SIGKILL');
  server?.close();
});

/** A fleet that answers with these statuses in turn, and with the last one from then on. */
async function fleet(...statuses: readonly number[]): Promise<string> {
  let asked = 0;
  server = createServer((_, response) => {
    response.writeHead(statuses[Math.min(asked++, statuses.length - 1)] ?? 500).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/.evergate/health/ready`;
}

/** Runs what the pod of `helm test` runs, on the Node of these tests. */
async function ask(address: string): Promise<ChildProcess> {
  const pod = (await objects()).find(({ kind }) => kind === 'Pod')?.['spec'] as Pod | undefined;
  const [{ command, args } = { command: [], args: [] }] = pod?.containers ?? [];
  const env = { ...process.env, ADDRESS: address };
  asking = spawn(process.execPath, [...command.slice(1), ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  return asking;
}

describe('helm test', () => {
  test('passes once the default fleet says that it is ready', async () => {
    const running = await ask(await fleet(503, 200));
    expect(await once(running, 'exit')).toEqual([0, null]);
  });

  test('goes on asking a fleet that is not ready, and says what it was told', async () => {
    const running = await ask(await fleet(503));
    const said: string[] = [];
    while (said.join('').split(': 503').length < 3) said.push(String(await once(running.stdout ?? running, 'data')));
    expect(running.exitCode).toBeNull();
  });
});
