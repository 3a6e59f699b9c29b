import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@evergate/contract/test/freePort';
import { expect, jest, test } from '@jest/globals';
import { gatewayFamilies } from '../src/metrics/exposition.ts';
import { readFamilies } from '../src/metrics/families.ts';

jest.setTimeout(60_000);

const program = fileURLToPath(new URL('../../gateway/src/main.ts', import.meta.url));

async function startGateway(documents: string, port: number): Promise<ChildProcess> {
  const gateway = spawn(process.execPath, ['--conditions=source', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      EVERGATE_DOCUMENTS: documents,
      EVERGATE_HOST: '127.0.0.1',
      EVERGATE_STATUS_PORT: String(port),
      EVERGATE_ADMIN_PORT: String(await freePort()),
    },
  });
  // It says so once both of its ports are open.
  if (gateway.stdout !== null) await once(gateway.stdout, 'data');
  return gateway;
}

test('a real gateway exposes exactly what the reference lists', async () => {
  const documents = await mkdtemp(join(tmpdir(), 'evergate-metrics-'));
  const port = await freePort();
  const gateway = await startGateway(documents, port);
  try {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    const told = readFamilies(await response.text()).map(({ name, type, help }) => `${name} ${type} ${help}`);
    const listed = (await gatewayFamilies()).map(({ name, type, help }) => `${name} ${type} ${help}`);
    expect(told.toSorted()).toEqual(listed.toSorted());
  } finally {
    const ended = once(gateway, 'exit');
    gateway.kill('SIGKILL');
    await ended;
    await rm(documents, { recursive: true });
  }
});

test('families are read with their type, meaning and labels', () => {
  const text = [
    '# HELP a_total How many: of all.',
    '# TYPE a_total counter',
    'a_total{code="2xx",path="a\\"}b"} 1',
    '# HELP b_seconds How long.',
    '# TYPE b_seconds histogram',
    'b_seconds_bucket{le="+Inf",kind="x"} 0',
  ].join('\n');
  expect(readFamilies(text)).toEqual([
    { name: 'a_total', type: 'counter', help: 'How many: of all.', labels: ['code', 'path'] },
    { name: 'b_seconds', type: 'histogram', help: 'How long.', labels: ['kind'] },
  ]);
});
