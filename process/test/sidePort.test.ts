import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createLog } from '../src/log.ts';
import { type SideHandler, SidePort, sendText } from '../src/sidePort.ts';

const lines: string[] = [];
const sockets: Socket[] = [];
let port: SidePort | undefined;

async function start(serve: SideHandler['serve'], maxConnections = 8, answerTimeoutMs = 10_000): Promise<number> {
  port = new SidePort({
    name: 'test',
    host: '127.0.0.1',
    port: 0,
    handlers: { '/': { methods: ['GET'], serve } },
    maxConnections,
    answerTimeoutMs,
    log: createLog({ level: 'debug', write: (line) => lines.push(line), now: () => 0 }),
  });
  return port.listen();
}

/** Sends one request on a connection that stays open; resolves to what comes first. */
async function ask(number: number): Promise<string> {
  const socket = connect(number, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const first = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => ['closed'])]);
  return String(first[0]);
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await port?.close();
  lines.length = 0;
});

describe('a side port', () => {
  test('connections beyond the limit are dropped, and idle ones make room for the next', async () => {
    const number = await start((response) => sendText(response, 200, 'ok'), 2);
    expect(await ask(number)).toContain('200');
    expect(await ask(number)).toContain('200');
    const closed = Promise.all(sockets.map((socket) => once(socket, 'close')));
    expect(await ask(number)).toBe('closed');
    await closed;
    expect(await ask(number)).toContain('200');
  });

  test('an answer that takes too long is cut, and its handler hears of it', async () => {
    const aborted = Promise.withResolvers<void>();
    const number = await start(
      (_, signal) => {
        signal.addEventListener('abort', () => aborted.resolve());
        return aborted.promise;
      },
      8,
      20,
    );
    expect(await ask(number)).toBe('closed');
    await aborted.promise;
  });

  test('an answer that breaks in the middle is cut, so that nobody takes it for whole', async () => {
    const number = await start((response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      throw new Error('broken');
    });
    const answer = fetch(`http://127.0.0.1:${number}/`).then((response) => response.text());
    await expect(answer).rejects.toThrow();
    expect(lines).toEqual([expect.stringContaining('broken')]);
  });

  test('closing cuts what is open', async () => {
    const begun = Promise.withResolvers<void>();
    const number = await start(() => {
      begun.resolve();
      return new Promise(() => {});
    });
    const asked = ask(number);
    await begun.promise;
    await port?.close();
    expect(await asked).toBe('closed');
  });
});
