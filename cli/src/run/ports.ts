import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port that is wanted, and what for. */
export interface WantedPort {
  readonly port: number;
  readonly purpose: string;
}

/**
 * Looks whether ports of an address are free, so that a port in use is one line at the start rather than processes that die again and
 * again. Throws an Error with one line for users about the first that is not.
 */
export async function ensureFree(host: string, wanted: readonly WantedPort[]): Promise<void> {
  const seen = new Map<number, string>();
  for (const { port, purpose } of wanted) {
    const other = seen.get(port);
    if (port > 65_535) throw new Error(`${purpose} would get port ${port}, the highest is 65535; choose a lower one`);
    if (other !== undefined) throw new Error(`${purpose} and ${other} would both get port ${port}; choose others`);
    seen.set(port, purpose);
    await tryToListen(host, port, purpose);
  }
}

async function tryToListen(host: string, port: number, purpose: string): Promise<void> {
  const server = createServer();
  try {
    const listening = once(server, 'listening');
    server.listen({ host, port, exclusive: true });
    await listening;
  } catch (cause) {
    throw new Error(describe(host, port, purpose, cause), { cause });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

function describe(host: string, port: number, purpose: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE')
    return `port ${port} of ${host} is in use, and ${purpose} needs it; end what listens there or choose another`;
  if (code === 'EACCES') return `port ${port} may not be opened, and ${purpose} needs it; choose one above 1023`;
  return `port ${port} of ${host} cannot be opened for ${purpose}: ${String(code ?? cause)}`;
}
