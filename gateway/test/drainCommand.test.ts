import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const program = join(import.meta.dirname, '../src/drainCommand.ts');

let server: Server;
let asked: string[];
let answer: () => number;

beforeEach(async () => {
  asked = [];
  answer = () => 200;
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.statusCode = answer();
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function port(): string {
  return String((server.address() as AddressInfo).port);
}

async function run(...args: readonly string[]): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const child = spawn(process.execPath, ['--conditions=source', program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

describe('the drain command', () => {
  test('begins the drain and ends with it', async () => {
    expect(await run(port())).toEqual({ code: 0, stderr: '' });
    expect(asked).toEqual(['POST /drain']);
  });

  test('has nothing to do where the gateway is gone, or goes while it waits', async () => {
    const gone = port();
    answer = () => {
      server.closeAllConnections();
      return 200;
    };
    expect((await run(gone)).code).toBe(0);
    server.close();
    expect((await run(gone)).code).toBe(0);
  });

  test('fails where the gateway does not drain, or no port is given', async () => {
    answer = () => 500;
    expect(await run(port())).toEqual({ code: 1, stderr: 'the gateway answered 500\n' });
    expect((await run()).code).toBe(2);
  });
});
