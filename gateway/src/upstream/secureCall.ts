import { Client } from 'undici';
import type { Backend } from './backend.ts';
import type { CallRequest, CallResponse } from './call.ts';
import type { UpstreamEndpoint } from './endpoint.ts';

/** Whom a call is for. */
export interface CallTls {
  /** What the certificate must be for; also the host that is asked for. */
  readonly serverName: string;
  /** PEM; the authorities that Node trusts without one. */
  readonly ca: string | undefined;
}

/** Tries of one call, each at another endpoint: one that cannot be connected to says nothing of the others. */
const MAX_TRIES = 3;
const MAX_HEADER_BYTES = 65_536;

/**
 * As `call`, over TLS, on a connection of its own: for what is asked once a minute. Rejects with an Error where no response came in time, or
 * from somebody whose certificate is not for that name by that authority.
 */
export async function secureCall(backend: Backend, request: CallRequest, tls: CallTls): Promise<CallResponse> {
  const signal = AbortSignal.timeout(request.timeoutMs);
  const tried: UpstreamEndpoint[] = [];
  let cause: unknown;
  while (tried.length < MAX_TRIES && !signal.aborted) {
    const endpoint = backend.pick(performance.now(), 0, tried.length === 0 ? undefined : tried);
    if (endpoint === undefined || tried.includes(endpoint)) break;
    tried.push(endpoint);
    try {
      const response = await ask(endpoint, backend.connectTimeoutMs, request, tls, signal);
      backend.answered(endpoint, response.status, performance.now());
      return response;
    } catch (error) {
      cause = error;
      backend.failed(endpoint, signal.aborted ? 'Timeout' : 'Reset', performance.now());
    }
  }
  const why = tried.length === 0 ? 'the backend has no endpoint that may be asked' : 'no response came over TLS';
  throw new Error(`${backend.id}: ${why}`, { cause });
}

async function ask(
  { authority, port }: UpstreamEndpoint,
  connectTimeoutMs: number,
  { method, path, headers, maxBodyBytes }: CallRequest,
  { serverName, ca }: CallTls,
  signal: AbortSignal,
): Promise<CallResponse> {
  const client = new Client(`https://${authority}`, {
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    maxResponseSize: maxBodyBytes,
    connect: { timeout: connectTimeoutMs, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
  });
  try {
    // undici takes the name of the certificate from the host.
    const host = port === 443 ? serverName : `${serverName}:${port}`;
    const fields = [...headers, 'host', host];
    const { statusCode, headers: received, body } = await client.request({ method, path, headers: fields, signal });
    return { status: statusCode, fields: received, body: Buffer.from(await body.arrayBuffer()) };
  } finally {
    client.destroy().catch(() => {});
  }
}
