import type { Attempt, Failure } from '../upstream/attempt.ts';
import type { Backend } from '../upstream/backend.ts';
import type { UpstreamEndpoint } from '../upstream/endpoint.ts';

/** The first, and one more for each of: an endpoint that cannot be connected to, another such, a kept connection that was stale. */
const MAX_ATTEMPTS = 3;
const WITHOUT_EFFECTS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Where the next attempt goes. */
export interface Retry {
  readonly endpoint: UpstreamEndpoint;
  /** On a new connection, whatever is kept. */
  readonly afresh: boolean;
}

/** What of a request decides whether it may be sent again. */
export interface Repeatable {
  readonly method: string;
  readonly hasBody: boolean;
  /** Made so far. */
  readonly attempts: number;
}

/**
 * Decides where a request goes after a failed attempt. Only what is certain to do no harm is tried again: a request of which nothing was
 * sent, first at another endpoint, then at the Service's own address; and once a request without effects whose kept connection the
 * backend had meanwhile closed (RFC 9110 9.2.2). The response has not begun in either case.
 */
export class Retries {
  readonly #backend: Backend;
  #unsent = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** After `attempt` failed, at `now`. Undefined where it must not, or cannot, be tried again. */
  next(attempt: Attempt, failure: Failure, request: Repeatable, now: number): Retry | undefined {
    if (request.attempts >= MAX_ATTEMPTS) return undefined;
    if (failure === 'Unsent') return this.#elsewhere(attempt.endpoint, now);
    const isHarmless = !request.hasBody && WITHOUT_EFFECTS.has(request.method);
    if (failure !== 'NoHead' || !isHarmless || !attempt.metStaleConnection) return undefined;
    const endpoint = this.#backend.pick(now);
    return endpoint && { endpoint, afresh: true };
  }

  #elsewhere(failed: UpstreamEndpoint, now: number): Retry | undefined {
    this.#unsent++;
    const endpoint = this.#unsent === 1 ? this.#backend.pick(now, failed) : this.#backend.clusterAddress;
    return endpoint === undefined || endpoint === failed ? undefined : { endpoint, afresh: false };
  }
}
