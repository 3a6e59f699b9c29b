import { randomUUID } from 'node:crypto';

/** Visible characters without separators that a log, a header or a shell would have to quote; at most 128. */
const SAFE = /^[A-Za-z0-9._~:/+=@-]{1,128}$/;

/**
 * The id of a request: what `x-request-id` says if that comes from a hop the caller trusts and is safe to log and forward, else a
 * new one (a random UUID; Node draws entropy for many at once, so it costs some 60 ns).
 */
export function chooseRequestId(inbound: string | undefined, trusted: boolean): string {
  return trusted && inbound !== undefined && SAFE.test(inbound) ? inbound : randomUUID();
}
