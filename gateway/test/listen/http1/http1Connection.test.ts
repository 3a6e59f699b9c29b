import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { field } from '../../support/messageReader.ts';
import { ConnectionRig, echoPath, get, type Served, unlimited } from './connectionRig.ts';

const hold = (): void => {};

describe('pipelined answers', () => {
  test('leave in the order of their requests, informational ones in front of their own', async () => {
    await using rig = await ConnectionRig.start(hold);
    rig.client.send(get('/1') + get('/2') + get('/3'));
    await eventually('all are served', () => rig.served.length === 3);
    const [first, second, third] = rig.served as [Served, Served, Served];
    echoPath(third);
    second.exchange.inform(103, ['link', '<a>']);
    second.exchange.respond(200, []);
    second.exchange.write(Buffer.from('part'));
    expect(rig.socket.bytesWritten).toBe(0);
    echoPath(first);
    expect(second.drains).toBe(1);
    second.exchange.end(['x-sum', '1']);
    expect((await rig.client.response()).body).toBe('/1');
    expect(await rig.client.response()).toMatchObject({ status: 103, headers: ['link', '<a>'] });
    expect(await rig.client.response()).toMatchObject({ body: 'part', trailers: ['x-sum', '1'] });
    expect((await rig.client.response()).body).toBe('/3');
  });

  test('that wait for their turn ask for no more bytes', async () => {
    await using rig = await ConnectionRig.start(hold);
    rig.client.send(get('/1') + get('/2'));
    await eventually('both are served', () => rig.served.length === 2);
    const [first, second] = rig.served as [Served, Served];
    expect(second.exchange.respond(200, [], Buffer.from('a'))).toBe(false);
    expect(second.exchange.write(Buffer.from('b'))).toBe(false);
    echoPath(first);
    expect(second.drains).toBe(1);
    expect(second.exchange.write(Buffer.from('c'))).toBe(true);
    second.exchange.end();
    await rig.client.response();
    expect(await rig.client.response()).toMatchObject({ body: 'abc' });
  });

  test('that break before their turn end the connection behind those before them', async () => {
    await using rig = await ConnectionRig.start(hold);
    rig.client.send(get('/1') + get('/2') + get('/3'));
    await eventually('all are served', () => rig.served.length === 3);
    const [first, second, third] = rig.served as [Served, Served, Served];
    second.exchange.respond(200, [], Buffer.from('never seen'));
    second.exchange.abort();
    echoPath(first);
    expect((await rig.client.response()).body).toBe('/1');
    expect(await rig.client.ended()).toBe('');
    expect([second.aborted, third.aborted]).toEqual([false, true]);
  });

  test('behind one that only the end of the connection delimits are given up', async () => {
    await using rig = await ConnectionRig.start(hold);
    rig.client.send(get('/1', 'connection: keep-alive\r\n', '1.0') + get('/2'));
    await eventually('both are served', () => rig.served.length === 2);
    const [first, second] = rig.served as [Served, Served];
    first.exchange.respond(200, [], Buffer.from('until the end'));
    first.exchange.end();
    const response = await rig.client.response();
    expect([response.body, field(response, 'connection')]).toEqual(['until the end', 'close']);
    expect(second.aborted).toBe(true);
  });

  test('that the client does not read keep further requests unread', async () => {
    const body = Buffer.alloc(32_768, 'x');
    await using rig = await ConnectionRig.start(({ exchange }) =>
      exchange.respond(200, ['content-length', String(body.length)], body, true),
    );
    const count = 2_000;
    rig.client.socket.pause();
    rig.client.send(get('/').repeat(count));
    await eventually('the client is full', () => rig.socket.writableNeedDrain);
    const servedThen = rig.served.length;
    rig.pass(1_000);
    expect(rig.socket.writableLength).toBeLessThan(10 * body.length);
    expect(servedThen).toBeLessThan(count);
    let received = 0;
    rig.client.socket.removeAllListeners('data');
    rig.client.socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    rig.client.socket.resume();
    await eventually('all are served', () => rig.served.length === count);
    await eventually('all has come', () => received > count * body.length);
  });
});

describe('a body that nobody asks for', () => {
  const UPLOAD = `POST /a HTTP/1.1\r\nhost: shop\r\ncontent-length: ${64 * 1024 * 1024}\r\n\r\n`;

  test('is not read, and is dropped once the answer is given', async () => {
    await using rig = await ConnectionRig.start(hold);
    rig.client.send(UPLOAD);
    await eventually('it is served', () => rig.served.length === 1);
    const chunk = Buffer.alloc(1024 * 1024);
    for (let count = 0; count < 32; count++) rig.client.send(chunk);
    await eventually('reading has stopped', () => rig.socket.isPaused());
    expect(rig.socket.bytesRead).toBeLessThan(1024 * 1024);
    rig.served[0]?.exchange.respond(413, ['content-length', '0'], undefined, true);
    const response = await rig.client.response();
    expect([response.status, field(response, 'connection')]).toEqual([413, 'close']);
    // More than is dropped in silence: then the connection is cut.
    await eventually('it is gone', () => rig.socket.destroyed);
    expect(rig.socket.bytesRead).toBeGreaterThan(4 * 1024 * 1024);
  });

  test('is asked for only when it is: a client that waits is told once', async () => {
    await using rig = await ConnectionRig.start(hold);
    rig.client.send('POST /a HTTP/1.1\r\nhost: shop\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n');
    await eventually('it is served', () => rig.served.length === 1);
    expect(rig.socket.bytesWritten).toBe(0);
    const [{ exchange }] = rig.served as [Served];
    const body = exchange.body(unlimited);
    expect(await rig.client.response()).toMatchObject({ status: 100 });
    rig.client.send('abc');
    const [chunk] = await once(body as NonNullable<typeof body>, 'data');
    expect(String(chunk)).toBe('abc');
    echoPath(rig.served[0] as Served);
    expect(await rig.client.response()).toMatchObject({ status: 200, body: '/a' });
  });
});

describe('time', () => {
  test('ends a new connection on which no request comes, with 408', async () => {
    await using rig = await ConnectionRig.start(hold);
    rig.pass(9_999);
    expect(rig.refused).toEqual([]);
    rig.pass(1);
    expect(await rig.client.response()).toMatchObject({ status: 408 });
    expect(await rig.client.ended()).toBe('');
  });

  test('counts for a head from its first byte, and not from each', async () => {
    await using rig = await ConnectionRig.start(echoPath);
    rig.client.send(get('/1'));
    await rig.client.response();
    rig.pass(50_000);
    for (const piece of ['GET / HT', 'TP/1.1\r\nhost']) {
      const seen = rig.socket.bytesRead;
      rig.client.send(piece);
      await eventually('it was read', () => rig.socket.bytesRead === seen + piece.length);
      rig.pass(6_000);
    }
    expect(await rig.client.response()).toMatchObject({ status: 408 });
    expect(rig.refused).toEqual(['RequestTimeout']);
  });

  test('ends an idle connection, whatever empty lines come on it', async () => {
    await using rig = await ConnectionRig.start(echoPath);
    rig.client.send(get('/1'));
    await rig.client.response();
    for (let second = 0; second < 3; second++) {
      const seen = rig.socket.bytesRead;
      rig.client.send('\r\n');
      await eventually('it was read', () => rig.socket.bytesRead === seen + 2);
      rig.pass(15_000);
      expect(rig.socket.destroyed).toBe(false);
    }
    rig.pass(15_000);
    expect(await rig.client.ended()).toBe('');
    expect(rig.refused).toEqual([]);
  });

  test('does not count while an exchange is under way, or a tunnel', async () => {
    await using rig = await ConnectionRig.start(hold);
    rig.client.send(get('/1', 'connection: upgrade\r\nupgrade: x\r\n'));
    await eventually('it is served', () => rig.served.length === 1);
    rig.pass(1_000_000);
    const tunnel = (rig.served[0] as Served).exchange.upgrade(['connection', 'upgrade', 'upgrade', 'x']);
    expect(await rig.client.response()).toMatchObject({ status: 101 });
    rig.pass(1_000_000);
    rig.connection.closeIfIdle(1e9, 0);
    tunnel.write('still there');
    await rig.client.seen('still there');
  });

  test('ends a connection whose client takes nothing of its last answer', async () => {
    await using rig = await ConnectionRig.start(({ exchange }) => {
      const body = Buffer.alloc(32 * 1024 * 1024);
      exchange.respond(200, ['content-length', String(body.length)], body, true);
    });
    rig.client.socket.pause();
    rig.client.send(get('/1'));
    await eventually('the client is full', () => rig.socket.writableNeedDrain);
    rig.pass(59_000);
    rig.pass(59_000);
    expect(rig.socket.destroyed).toBe(false);
    rig.pass(1_000);
    expect(rig.socket.destroyed).toBe(true);
  });

  test('is short for a client that does not close its side behind our last answer', async () => {
    await using rig = await ConnectionRig.start(echoPath);
    rig.client.send(get('/1', 'connection: close\r\n'));
    await rig.client.response();
    expect(await rig.client.ended()).toBe('');
    rig.pass(1_999);
    expect(rig.socket.destroyed).toBe(false);
    rig.pass(1);
    expect(rig.socket.destroyed).toBe(true);
  });
});

describe('a client that ends its side', () => {
  test('between requests is let go', async () => {
    await using rig = await ConnectionRig.start(echoPath);
    rig.client.send(get('/1'));
    await rig.client.response();
    rig.client.socket.end();
    expect(await rig.client.ended()).toBe('');
    expect(rig.refused).toEqual([]);
  });

  test('in the middle of a head gets 400', async () => {
    await using rig = await ConnectionRig.start(hold);
    rig.client.send('GET / HTTP/1.1\r\nhost');
    rig.client.socket.end();
    expect(await rig.client.response()).toMatchObject({ status: 400 });
    expect(await rig.client.ended()).toBe('');
  });

  test('while it waits for an answer counts as gone', async () => {
    await using rig = await ConnectionRig.start(hold);
    rig.client.send(get('/1'));
    rig.client.socket.end();
    await rig.client.ended();
    await eventually('it is told', () => rig.served[0]?.aborted === true);
  });
});

test('what comes is no request once an answer has said that the connection ends', async () => {
  await using rig = await ConnectionRig.start(hold);
  rig.client.send(get('/1'));
  await eventually('it is served', () => rig.served.length === 1);
  rig.draining = true;
  const [{ exchange }] = rig.served as [Served];
  exchange.respond(200, ['content-length', '2'], Buffer.from('o'));
  rig.client.send(get('/2'));
  await eventually('it was read', () => rig.socket.bytesRead === 2 * get('/1').length);
  exchange.write(Buffer.from('k'));
  exchange.end();
  const response = await rig.client.response();
  expect([response.body, field(response, 'connection')]).toEqual(['ok', 'close']);
  expect(await rig.client.ended()).toBe('');
  expect(rig.served).toHaveLength(1);
});

test('a connection that has its age, give or take a fifth, ends behind the answer to the next request, and not before', async () => {
  await using rig = await ConnectionRig.start(echoPath);
  rig.maxConnectionAgeMs = 10_000;
  const ask = async (path: string): Promise<string | undefined> => {
    rig.client.send(get(path));
    return field(await rig.client.response(), 'connection');
  };
  expect(await ask('/1')).toBe('keep-alive');
  rig.pass(7_900);
  expect(await ask('/2')).toBe('keep-alive');
  rig.pass(4_200);
  expect(rig.socket.writable).toBe(true);
  expect(await ask('/3')).toBe('close');
  expect(await rig.client.ended()).toBe('');
});

test('fields of a response cannot end it, whatever they are', async () => {
  await using rig = await ConnectionRig.start(({ exchange }) =>
    exchange.respond(200, ['content-length', '0', 'x-a', 'a\r\nx-b: \u010a\0c'], undefined, true),
  );
  rig.client.send(get('/1'));
  const response = await rig.client.response();
  expect([field(response, 'x-a'), field(response, 'x-b')]).toEqual(['a  x-b:   c', undefined]);
});
