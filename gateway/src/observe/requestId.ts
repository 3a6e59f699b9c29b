/** Visible characters without separators that a log, a header or a shell would have to quote; at most 128. */
const SAFE = /^[A-Za-z0-9._~:/+=@-]{1,128}$/;

/** What `x-request-id` says, if it comes from a hop the caller trusts and is safe to log and forward. */
export function acceptRequestId(inbound: string | undefined, trusted: boolean): string | undefined {
  return trusted && inbound !== undefined && SAFE.test(inbound) ? inbound : undefined;
}
