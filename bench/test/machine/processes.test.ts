import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findFreePort, waitForPort } from '../../src/machine/ports.ts';
import { Processes } from '../../src/machine/processes.ts';

let directory: string;
let processes: Processes;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evergate-bench-test-'));
  processes = new Processes(directory);
});

afterEach(async () => {
  await processes.close();
  await rm(directory, { recursive: true });
});

function node(script: string) {
  return { file: process.execPath, args: ['-e', script] };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a started process', () => {
  test('takes connections, runs on its core, and has ended once all are closed', async () => {
    const port = await findFreePort();
    const server = node(`require('node:net').createServer().listen(${port}, '127.0.0.1')`);
    const { pid, ended } = await processes.start('server', server, 0);
    await waitForPort(port, AbortSignal.any([ended, AbortSignal.timeout(10_000)]));
    expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/^Cpus_allowed_list:\t0$/m);
    await processes.close();
    expect(isRunning(pid)).toBe(false);
    expect(ended.aborted).toBe(true);
  });

  test('that ends by itself says so, with what it wrote last', async () => {
    const { ended } = await processes.start('brief', node(`console.error('no such file'); process.exit(3)`), 0);
    if (!ended.aborted) await once(ended, 'abort');
    expect(ended.reason.message).toBe('brief ended (exit code 3): no such file');
  });

  test('that ignores being asked is ended all the same', async () => {
    const port = await findFreePort();
    const stubborn = node(
      `process.on('SIGTERM', () => {}); require('node:net').createServer().listen(${port}, '127.0.0.1')`,
    );
    const { pid, ended } = await processes.start('stubborn', stubborn, 0);
    await waitForPort(port, AbortSignal.any([ended, AbortSignal.timeout(10_000)]));
    await processes.close();
    expect(isRunning(pid)).toBe(false);
  }, 15_000);
});

describe('waiting for a port', () => {
  test('ends with the signal where nothing ever listens', async () => {
    const waiting = waitForPort(await findFreePort(), AbortSignal.timeout(120));
    await expect(waiting).rejects.toThrow('aborted');
  });
});
