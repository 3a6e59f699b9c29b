import type { RateLimit } from '@evergate/contract/limitSettings';
import type { LimitState } from '../state/limit.ts';

/** `RateLimit-Policy` of these limits (draft-ietf-httpapi-ratelimit-headers-10, 3). */
export function policyField(limits: readonly RateLimit[]): string {
  return limits
    .map(({ name, requests, windowMs }) => `"${name}";q=${requests};w=${Math.ceil(windowMs / 1_000)}`)
    .join(', ');
}

/** `RateLimit` of these limits: what is left, and in how many seconds more will be (4). */
export function stateField(limits: readonly RateLimit[], states: readonly LimitState[]): string {
  let text = '';
  for (let at = 0; at < limits.length; at++) {
    const { remaining, resetMs } = states[at] as LimitState;
    text += `${at === 0 ? '' : ', '}"${(limits[at] as RateLimit).name}";r=${remaining};t=${Math.ceil(resetMs / 1_000)}`;
  }
  return text;
}
