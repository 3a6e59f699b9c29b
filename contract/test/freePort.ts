import { once } from 'node:events';
import { createServer } from 'node:net';

const FIRST = 11_000;
const COUNT = 20_000;
const TRIES = 100;

/** A port of the loopback that is free now, below those that the system gives to outgoing connections. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error(`found no free port in ${TRIES} tries`);
}

/** Whether nobody listens on that port of the loopback now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
