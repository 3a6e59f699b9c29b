import type { ExchangeListener } from '../listen/exchange.ts';
import { preflightMethod } from '../match/preflight.ts';
import { checkInOrder } from '../policy/order.ts';
import type { Policies } from '../policy/policies.ts';
import type { Refusal, Verdict } from '../policy/verdict.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Gateway } from './gateway.ts';
import type { ProxiedRequest } from './proxiedRequest.ts';

/** What the access log says where the client left before an answer (nginx's code). */
const CLIENT_CLOSED = 499;

/** What is done with a request that may pass. */
export type Proceed = (gateway: Gateway, request: ProxiedRequest, snapshot: Snapshot) => void;

/** A request whose policies are being asked. Each of them has a time limit of its own. */
export class PolicyRun implements ExchangeListener {
  readonly #gateway: Gateway;
  readonly #request: ProxiedRequest;
  readonly #snapshot: Snapshot;
  #done = false;

  constructor(gateway: Gateway, request: ProxiedRequest, snapshot: Snapshot) {
    this.#gateway = gateway;
    this.#request = request;
    this.#snapshot = snapshot;
  }

  start(policies: Policies, proceed: Proceed): void {
    const request = this.#request;
    request.exchange.listen(this);
    request.clientAddress = this.#gateway.clientAddress(request.exchange);
    checkInOrder(policies, request, this.#isPreflight())
      .then((verdict) => this.#conclude(verdict, proceed))
      .catch((error: unknown) => this.#fail(error));
  }

  onAborted(): void {
    if (this.#done) return;
    this.#done = true;
    this.#request.aborted = true;
    this.#request.status = CLIENT_CLOSED;
    this.#request.finish();
  }

  onRequestBroken(): void {
    if (this.#done) return;
    this.#done = true;
    this.#request.refuse('BadRequest');
  }

  onDrain(): void {}

  #conclude(verdict: Verdict, proceed: Proceed): void {
    if (this.#done) return;
    this.#done = true;
    if (verdict === undefined) proceed(this.#gateway, this.#request, this.#snapshot);
    else this.#refuse(verdict);
  }

  #refuse(refusal: Refusal): void {
    const request = this.#request;
    if (refusal.type === 'Answer') return request.replace(refusal.reason, refusal.answer);
    if (refusal.headers !== undefined && refusal.headers.length > 0) {
      request.addedFields ??= [];
      request.addedFields.push(...refusal.headers);
    }
    request.refuse(refusal.reason, refusal.retryAfterSeconds);
  }

  /** A bug of ours costs the request that meets it, and never lets one pass. */
  #fail(error: unknown): void {
    this.#gateway.onPolicyFailed(error);
    if (this.#request.status !== 0) return this.#request.exchange.abort();
    this.#done = true;
    this.#request.refuse('PolicyFailed');
  }

  #isPreflight(): boolean {
    const filters = this.#request.matched?.compiled.rule.filters ?? [];
    return filters.some(({ type }) => type === 'CORS') && preflightMethod(this.#request) !== undefined;
  }
}
