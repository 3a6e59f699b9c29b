import { Counter, Gauge, type Registry } from 'prom-client';
import type { PolicyCounters } from './policy/policyCounters.ts';
import { authOutcomes, limitOutcomes } from './policy/policyCounters.ts';
import type { Secrets } from './policy/secrets.ts';
import type { SharedState } from './state/sharedState.ts';

export interface PolicyMetricsOptions {
  readonly counters: PolicyCounters;
  readonly state: Pick<SharedState, 'status' | 'storeFailures'>;
  readonly secrets: Pick<Secrets, 'certificates'>;
}

/** Registers what is told of policies and of the shared state: all of it is read at a scrape. */
export function registerPolicyMetrics(registry: Registry, { counters, state, secrets }: PolicyMetricsOptions): void {
  const registers = [registry];
  new Counter({
    name: 'evergate_limited_requests_total',
    help: 'Requests that limits were asked about, by what came of it.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const outcome of limitOutcomes) this.inc({ outcome }, counters.limits[outcome]);
    },
  });
  new Counter({
    name: 'evergate_authentications_total',
    help: 'Requests that had to say who they come from, by what came of it.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const outcome of authOutcomes) this.inc({ outcome }, counters.auth[outcome]);
    },
  });
  const count = (name: string, help: string, read: () => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  count('evergate_auth_calls_total', 'Questions to external authentication services.', () => counters.authCalls);
  count('evergate_auth_call_failures_total', 'Such questions without an answer.', () => counters.authCallFailures);
  count('evergate_jwks_fetches_total', 'Times that keys of tokens were asked for.', () => counters.jwksFetches);
  count('evergate_jwks_fetch_failures_total', 'Such times without an answer.', () => counters.jwksFetchFailures);
  count('evergate_redis_outages_total', 'Times that Redis stopped answering.', () => state.storeFailures);
  new Gauge({
    name: 'evergate_certificate_end_timestamp_seconds',
    help: 'When the first certificate in a Secret that the gateway trusts ends, in seconds since the epoch.',
    labelNames: ['secret'],
    registers,
    collect() {
      this.reset();
      // A Secret may be there for several uses: the first end counts.
      for (const { secret, seconds } of secrets.certificates.toReversed()) this.set({ secret }, seconds);
    },
  });
  new Gauge({
    name: 'evergate_redis_up',
    help: 'Whether Redis answers; absent for a fleet without Redis.',
    registers,
    collect() {
      this.remove();
      const { status } = state;
      if (status !== undefined) this.set(Number(status.up));
    },
  });
}
