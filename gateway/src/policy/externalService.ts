import type { AuthMethodOf } from '@evergate/contract/authSettings';
import type { SharedState } from '../state/sharedState.ts';
import type { StoreStatus } from '../state/store.ts';
import { Breaker, notPermitted } from '../upstream/breaker.ts';
import type { CallRequest, CallResponse } from '../upstream/call.ts';
import { Decisions } from './decisions.ts';
import type { PolicyCounters } from './policyCounters.ts';

type External = AuthMethodOf<'External'>;

/** Questions under way from this gateway; beyond, the service is taken for failing. */
const MAX_IN_FLIGHT = 1_000;
const MAX_BODY_BYTES = 65_536;

export interface ExternalServiceOptions {
  readonly settings: External;
  readonly state: SharedState;
  readonly counters: PolicyCounters;
  readonly call: (request: CallRequest) => Promise<CallResponse>;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** A service that decides, behind a breaker, with what it decided before. Kept over reloads of the table. */
export class ExternalService {
  readonly decisions: Decisions;
  readonly #options: ExternalServiceOptions;
  readonly #breaker: Breaker;
  #changedAt = Date.now();
  readonly #asking = new Map<string, Promise<CallResponse | undefined>>();

  constructor(options: ExternalServiceOptions) {
    const { settings, state, clock } = options;
    const { ttlMs, staleIfErrorMs } = settings.cache;
    this.#options = options;
    this.decisions = new Decisions({ state, keepMs: Math.max(1, ttlMs, staleIfErrorMs), clock });
    const { slidingWindowSize, failureRatePercent, openMs, halfOpenCalls } = settings.circuitBreaker;
    this.#breaker = new Breaker(
      {
        slidingWindowSize,
        minimumCalls: slidingWindowSize,
        failureRatePercent,
        openMs,
        halfOpenCalls,
        slowCallRatePercent: 100,
        codes: [],
      },
      clock(),
      () => {
        this.#changedAt = Date.now();
      },
    );
  }

  get settings(): External {
    return this.#options.settings;
  }

  /** Whether it is asked as usual, and since when, in milliseconds since the epoch. */
  get status(): StoreStatus {
    return { up: this.#breaker.state === 'Closed', since: this.#changedAt };
  }

  /** What the service answers; undefined where it fails or is left alone. The same question is asked once at a time. */
  ask(key: string, headers: () => string[]): Promise<CallResponse | undefined> {
    const asked = this.#asking.get(key);
    if (asked !== undefined) return asked;
    if (this.#asking.size >= MAX_IN_FLIGHT) return Promise.resolve(undefined);
    const permit = this.#breaker.tryAcquire(this.#options.clock());
    if (permit === notPermitted) return Promise.resolve(undefined);
    const answer = this.#call(permit, headers()).finally(() => this.#asking.delete(key));
    this.#asking.set(key, answer);
    return answer;
  }

  async #call(permit: number, headers: string[]): Promise<CallResponse | undefined> {
    const { settings, counters, call, clock } = this.#options;
    const { path, timeoutMs } = settings;
    const startedAt = clock();
    counters.authCalls++;
    const answer = await call({ method: 'GET', path, headers, timeoutMs, maxBodyBytes: MAX_BODY_BYTES }).catch(
      () => undefined,
    );
    const failed = answer === undefined || answer.status >= 500;
    if (failed) counters.authCallFailures++;
    this.#breaker.record(permit, failed, clock() - startedAt, clock());
    return failed ? undefined : answer;
  }
}
