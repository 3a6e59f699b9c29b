import type { Reason } from '../proxy/reasons.ts';
import type { LocalAnswer } from './policyRequest.ts';

/** Why a policy does not let a request pass. */
export type Refusal =
  | {
      readonly type: 'Problem';
      readonly reason: Reason;
      /** Flat. */
      readonly headers?: readonly string[];
      readonly retryAfterSeconds?: number;
    }
  /** Somebody else has said what the answer is. */
  | { readonly type: 'Answer'; readonly reason: Reason; readonly answer: LocalAnswer };

/** Undefined: the request may pass. */
export type Verdict = Refusal | undefined;

export function problem(reason: Reason, headers?: readonly string[], retryAfterSeconds?: number): Refusal {
  return {
    type: 'Problem',
    reason,
    ...(headers === undefined ? {} : { headers }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}
