import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EvergateProcess, isAlive, portArguments, until } from './evergateProcess.ts';
import { Shop } from './shop.ts';

const TIMEOUT_MS = 30_000;

async function fetchText(port: number, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return `${response.status} ${await response.text()}`;
}

describe('evergate run', () => {
  const shop = new Shop();
  let run: EvergateProcess;
  let port: number;
  let statusPort: number;
  /** Its alone: whatever is left there, it left. */
  const temporary = mkdtempSync(join(tmpdir(), 'evergate-test-'));

  beforeAll(async () => {
    await shop.start();
    const ports = await portArguments();
    port = ports.port;
    statusPort = ports.statusPort;
    run = new EvergateProcess(['run', shop.folder, ...ports.args], { TMPDIR: temporary });
    await run.line(/^table 1 live in 3 of 3 gateways/);
  }, TIMEOUT_MS);

  afterAll(async () => {
    run.child.kill('SIGTERM');
    await run.exited;
    await shop[Symbol.asyncDispose]();
    rmSync(temporary, { recursive: true, force: true });
  }, TIMEOUT_MS);

  test('serves the folder with three gateways, and says what became of each route', async () => {
    expect(new Set(run.gatewayPids()).size).toBe(3);
    expect(run.lines).toContain('route default/page: Accepted, ResolvedRefs');
    expect(await fetchText(port, '/page')).toBe('200 old');
  });

  test('follows an edit, and says when all gateways serve it', async () => {
    const from = run.lines.length;
    shop.route('page', '/page', 'new');
    await run.line(/^table \d+ live in 3 of 3 gateways after \d+ ms$/, from);
    expect(await fetchText(port, '/page')).toBe('200 new');
  });

  test(
    'says in one line what is wrong with a broken file, serves what it said before, and follows the others',
    async () => {
      const from = run.lines.length;
      shop.save('page.yaml', 'kind: [GatewayRoute\n');
      const line = await run.line(/page\.yaml/, from);
      expect(line).toMatch(/page\.yaml:2:1: error: .*must be sufficiently indented and end with a \]$/);
      shop.route('other', '/other', 'old');
      await run.line(/^table \d+ live/, from);
      expect(await fetchText(port, '/other')).toBe('200 old');
      expect(await fetchText(port, '/page')).toBe('200 new');
      shop.route('page', '/page', 'old');
      await run.line(/page\.yaml: good again$/, from);
    },
    TIMEOUT_MS,
  );

  test(
    'keeps the last good version of a rule whose backend is misspelt',
    async () => {
      const from = run.lines.length;
      shop.route('page', '/page', 'odl');
      await run.line(/page\.yaml:8:21: error: .*Service default\/odl does not exist/, from);
      await run.line(/^route default\/page: .*ResolvedRefs=False \(BackendNotFound\).*as last good: rule only$/, from);
      expect(await fetchText(port, '/page')).toBe('200 old');
      shop.route('page', '/page', 'old');
      await run.line(/^route default\/page: Accepted, ResolvedRefs$/, from);
    },
    TIMEOUT_MS,
  );

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'goes on when a gateway gets %s, and starts it again',
    async (signal) => {
      const from = run.lines.length;
      const [, victim = 0] = run.gatewayPids();
      process.kill(victim, signal);
      await run.line(/^gateway 2 .*, it starts again /, from);
      const answers = await Promise.all(Array.from({ length: 20 }, () => fetchText(port, '/page')));
      expect(new Set(answers)).toEqual(new Set(['200 old']));
      await run.line(/^gateway 2 started/, from);
      expect(run.gatewayPids()[1]).not.toBe(victim);
      await until(() => isReady(statusPort + 1));
    },
    TIMEOUT_MS,
  );

  test(
    'ends within 2 s of Ctrl-C and leaves nothing behind',
    async () => {
      const pids = run.gatewayPids();
      const [folder = ''] = readdirSync(temporary);
      expect(existsSync(join(temporary, folder, 'routes.json'))).toBe(true);
      const begunAt = performance.now();
      run.child.kill('SIGINT');
      expect(await run.exited).toBe(0);
      expect(performance.now() - begunAt).toBeLessThan(2_000);
      expect(pids.filter(isAlive)).toEqual([]);
      expect(readdirSync(temporary)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

describe('evergate run that cannot begin', () => {
  test('says that a folder does not exist', async () => {
    const run = new EvergateProcess(['run', '/nonexistent']);
    expect(await run.exited).toBe(1);
    expect(run.lines).toEqual(['evergate: there is no folder /nonexistent; name one that holds manifests']);
  });

  test('says that a port is in use', async () => {
    await using shop = new Shop();
    await shop.start();
    const { port, args } = await portArguments();
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    const run = new EvergateProcess(['run', shop.folder, ...args]);
    expect(await run.exited).toBe(1);
    expect(run.lines.at(-1)).toBe(
      `evergate: port ${port} of 127.0.0.1 is in use, and listener http needs it; end what listens there or choose another`,
    );
    server.close();
  });

  test('says that --replicas is no number', async () => {
    const run = new EvergateProcess(['run', '.', '--replicas', 'three']);
    expect(await run.exited).toBe(1);
    expect(run.lines[0]).toContain('expected a whole number from 1 to 64');
  });

  test('waits in an empty folder for the first manifest', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'evergate-test-'));
    const run = new EvergateProcess(['run', folder]);
    await run.line(/^waiting for manifests: no \.yaml or \.yml file in .* holds an object yet$/);
    run.child.kill('SIGTERM');
    expect(await run.exited).toBe(0);
    rmSync(folder, { recursive: true });
  });
});

describe('evergate run whose starter is killed', () => {
  test.each(['the launcher', 'the supervisor'])(
    'leaves no process behind without %s',
    async (who) => {
      await using shop = new Shop();
      await shop.start();
      const { args } = await portArguments();
      const run = new EvergateProcess(['run', shop.folder, '--replicas', '2', ...args]);
      await run.line(/^table 1 live in 2 of 2 gateways/);
      const pids = run.gatewayPids();
      const launcher = run.child.pid ?? 0;
      process.kill(who === 'the launcher' ? launcher : parentOf(pids[0] ?? 0), 'SIGKILL');
      await until(() => !pids.some(isAlive));
      expect(await run.exited).not.toBe(0);
    },
    TIMEOUT_MS,
  );
});

async function isReady(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
  return response?.status === 200;
}

/** From `/proc`, as `ps` does. */
function parentOf(pid: number): number {
  const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  return Number(parent);
}
