import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const RETRY_MS = 50;

/** A port on the loopback address that nothing listens on at this moment. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the loopback listener has no port');
  return address.port;
}

/** Resolves once the port takes connections; rejects with the signal's reason, so give it a time limit. */
export async function waitForPort(port: number, signal: AbortSignal): Promise<void> {
  while (!(await takesConnections(port))) await wait(RETRY_MS, undefined, { signal });
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
