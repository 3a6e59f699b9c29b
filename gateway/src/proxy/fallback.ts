import type { CircuitBreaker } from '@evergate/contract/backendSettings';
import { compileDirectResponse } from '../policy/directResponse.ts';
import type { LocalAnswer, PolicyRequest } from '../policy/policyRequest.ts';

type FallbackResponse = Extract<CircuitBreaker['fallback'], { type: 'Response' }>;

const compiled = new WeakMap<FallbackResponse, (request: PolicyRequest) => LocalAnswer>();

/** What a backend's policy answers in its place while its breaker is open. */
export function fallbackAnswer(fallback: FallbackResponse, request: PolicyRequest): LocalAnswer {
  let answer = compiled.get(fallback);
  if (answer === undefined) {
    answer = compileDirectResponse({ ...fallback, type: 'DirectResponse' });
    compiled.set(fallback, answer);
  }
  return answer(request);
}
