import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { to } from '../support/gatewayUnderTest.ts';
import { startStack } from '../support/stack.ts';
import { echo, switching, UPGRADE } from '../support/switching.ts';

describe('a tunnel', () => {
  test('lets either side end alone: the client first', async () => {
    let received = '';
    await using rig = await startStack(
      switching((socket) => {
        socket.on('data', (chunk: Buffer) => {
          received += chunk.toString('latin1');
        });
        socket.on('end', () => socket.end('and bye'));
      }),
    );
    rig.client.send(UPGRADE);
    await rig.client.response();
    rig.client.send('last words');
    rig.client.socket.end();
    expect(await rig.client.ended()).toBe('and bye');
    expect(received).toBe('last words');
    await rig.gateway.settled();
    await rig.upstream.abandoned();
  });

  test('lets either side end alone: the backend first', async () => {
    let received = '';
    await using rig = await startStack(
      switching((socket) => {
        socket.on('data', (chunk: Buffer) => {
          received += chunk.toString('latin1');
        });
        setImmediate(() => socket.end('bye'));
      }),
    );
    rig.client.send(UPGRADE);
    await rig.client.response();
    expect(await rig.client.ended()).toBe('bye');
    rig.client.send('last words');
    rig.client.socket.end();
    await eventually('they have come', () => received === 'last words');
    await rig.gateway.settled();
    await rig.upstream.abandoned();
  });

  test('breaks at the backend when the client resets it', async () => {
    await using rig = await startStack(switching(echo));
    rig.client.send(UPGRADE);
    await rig.client.response();
    rig.client.socket.resetAndDestroy();
    await rig.upstream.abandoned();
    await rig.gateway.settled();
  });

  test('breaks at the client when the backend resets it', async () => {
    await using rig = await startStack(switching(echo));
    rig.client.send(UPGRADE);
    await rig.client.response();
    (await rig.upstream.socket()).resetAndDestroy();
    await rig.client.ended();
    await rig.gateway.settled();
    await eventually('the connection is gone', () => rig.gateway.listener.connections === 0);
  });

  test('carries more than every buffer holds, both ways, and waits for slow sides', async () => {
    const bytes = Buffer.alloc(16 * 1024 * 1024, 'tunnel ');
    const sent = createHash('sha256').update(bytes).digest('hex');
    await using rig = await startStack(switching((socket) => void socket.pipe(socket)));
    rig.client.send(UPGRADE);
    await rig.client.response();
    const received = createHash('sha256');
    let left = bytes.length;
    rig.client.socket.removeAllListeners('data');
    rig.client.socket.on('data', (chunk: Buffer) => {
      received.update(chunk);
      left -= chunk.length;
    });
    rig.client.socket.pause();
    rig.client.socket.write(bytes);
    await eventually('it is stuck', () => rig.client.socket.writableLength > 0);
    rig.client.socket.resume();
    await eventually('all of it is back', () => left === 0);
    expect(received.digest('hex')).toBe(sent);
  });

  test('outlives reloads and deadlines', async () => {
    await using rig = await startStack(switching(echo), {
      rule: { timeouts: { requestMs: 1_000, backendRequestMs: 500 } },
    });
    rig.client.send(UPGRADE);
    await rig.client.response();
    await rig.gateway.serve({ backends: {}, rules: [to('other')] });
    rig.gateway.skip(120_000);
    rig.client.send('still there');
    await rig.client.seen('still there');
    rig.gateway.listener.announceClose();
    rig.gateway.listener.closeIdle(0);
    rig.client.send('!');
    await rig.client.seen('still there!');
    rig.client.socket.end();
    const socket = await rig.upstream.socket();
    if (!socket.readableEnded) await once(socket, 'end');
    socket.end();
    await rig.client.ended();
    await eventually('the connection is gone', () => rig.gateway.listener.connections === 0);
  });
});
