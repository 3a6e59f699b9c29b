import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from './eventually.ts';
import { Program } from './program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergate-program-'));
});
afterEach(() => rm(folder, { recursive: true }));

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a program ends by the signal that is asked for, and its last words are kept', async () => {
  const script = 'trap "echo bye; exit 0" TERM; echo hello; while :; do sleep 0.05; done';
  const program = await Program.start('sh', ['-c', script], join(folder, 'log'));
  await eventually('it said hello', () => program.lastWords === 'hello');
  await program.end('TERM');
  expect(program.isAlive).toBe(false);
  expect(program.lastWords).toBe('hello\nbye');
});

test('a program does not outlive the tests that started it, even if they are killed', async () => {
  const script = `
    const { Program } = await import(${JSON.stringify(new URL('./program.ts', import.meta.url))});
    const { pid } = await Program.start('sleep', ['600'], ${JSON.stringify(join(folder, 'log'))});
    console.log(pid);
  `;
  const tests = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(tests.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(isAlive(pid)).toBe(true);
  tests.kill('SIGKILL');
  await eventually('it ended', () => !isAlive(pid));
});
