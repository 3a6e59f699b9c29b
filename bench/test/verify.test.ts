import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { benchHost, echoPath, responseBody, scenarios } from '../src/scenario.ts';
import { verifyProxying } from '../src/verify.ts';

const word = 'b1c2d3e4';
let server: Server;

afterEach(async () => {
  server.close();
  await once(server, 'close');
});

async function serve(listener: RequestListener): Promise<number> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function verify(port: number, name: keyof typeof scenarios): Promise<void> {
  return verifyProxying(port, scenarios[name], word, AbortSignal.timeout(5_000));
}

describe('verifying a target', () => {
  test('takes the body of this run, asked for by the name that the table has', async () => {
    const port = await serve(({ headers }, response) => {
      response.end(headers.host === benchHost ? responseBody(word, 10_240) : 'who?');
    });
    await verify(port, 'get10k');
  });

  test('refuses a body of another run', async () => {
    const port = await serve((_, response) => response.end(responseBody('00000000', 100)));
    await expect(verify(port, 'get100')).rejects.toThrow('/bench/get100 was answered 200 with 100 bytes "00000000');
  });

  test('refuses a bad status in spite of the right body', async () => {
    const port = await serve((_, response) => response.writeHead(502).end(responseBody(word, 100)));
    await expect(verify(port, 'get100')).rejects.toThrow('was answered 502');
  });

  test.each(['POST 1024', 'POST chunked'])('takes a request body that arrives as %j', async (echo) => {
    const port = await serve(({ url }, response) => response.end(url === echoPath ? echo : responseBody(word, 100)));
    await verify(port, 'post1k');
  });

  test('refuses a target that loses the request body', async () => {
    const port = await serve(({ url }, response) =>
      response.end(url === echoPath ? 'POST 0' : responseBody(word, 100)),
    );
    await expect(verify(port, 'post1k')).rejects.toThrow('expected 200 with "POST 1024 or POST chunked"');
  });
});
