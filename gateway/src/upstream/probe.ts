import { connect } from 'node:net';
import type { ActiveHealth } from '@evergate/contract/backendSettings';
import { buildConnector, Client } from 'undici';

const USER_AGENT = 'evergate-probe';

export interface ProbeTarget {
  readonly address: string;
  readonly port: number;
  /** `address:port`, IPv6 in brackets. */
  readonly authority: string;
}

/** Whether a connection can be opened within `timeoutMs`. Never rejects. */
export function probeTcp({ address, port }: ProbeTarget, timeoutMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: address, port, timeout: timeoutMs });
  const end = (connected: boolean): void => {
    socket.destroy();
    resolve(connected);
  };
  socket.once('connect', () => end(true));
  socket.once('timeout', () => end(false));
  // Also of a socket that is destroyed already: an error that nobody listens to would end the process.
  socket.on('error', () => end(false));
  return promise;
}

/** Whether a GET on a new connection is answered as expected within the time. Never rejects. */
export async function probeHttp(target: ProbeTarget, settings: ActiveHealth): Promise<boolean> {
  const { timeoutMs, path, expectedStatuses, hostname } = settings;
  const connector = buildConnector({ timeout: timeoutMs });
  const client = new Client(`http://${target.authority}`, { allowH2: false, connect: connector });
  try {
    const { statusCode } = await client.request({
      method: 'GET',
      path,
      headers: { host: hostname ?? target.authority, 'user-agent': USER_AGENT },
      signal: AbortSignal.timeout(timeoutMs),
    });
    return expectedStatuses.some(([from, to]) => statusCode >= from && statusCode <= to);
  } catch {
    return false;
  } finally {
    // Takes the response's body with it, which nobody reads.
    await client.destroy();
  }
}
