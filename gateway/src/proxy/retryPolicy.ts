import { defaultRetry, type RetrySettings } from '@evergate/contract/retrySettings';

/** No wait before a retry is longer, whatever the backoff has grown to. */
const MAX_BACKOFF_MS = 5_000;

/** When and how often a rule's requests are tried again. */
export interface RetryPolicy {
  /** Of requests that may have reached a backend. */
  readonly attempts: number;
  readonly onConnectFailure: boolean;
  readonly onReset: boolean;
  readonly onTimeout: boolean;
  readonly codes: ReadonlySet<number>;
  readonly methods: ReadonlySet<string>;
  readonly backoffMs: number;
  readonly budgetPercent: number;
  readonly budgetMinPerSecond: number;
}

/** Shared by all rules that say nothing. */
const byDefault = compile(defaultRetry);

export function compileRetryPolicy(settings: RetrySettings | undefined): RetryPolicy {
  return settings === undefined ? byDefault : compile(settings);
}

function compile({ attempts, on, codes, methods, backoffMs, budget }: RetrySettings): RetryPolicy {
  return {
    attempts,
    onConnectFailure: on.includes('ConnectFailure'),
    onReset: on.includes('Reset'),
    onTimeout: on.includes('Timeout'),
    codes: new Set(codes),
    methods: new Set(methods),
    backoffMs,
    budgetPercent: budget.percent,
    budgetMinPerSecond: budget.minPerSecond,
  };
}

/** The wait before the retry after `retries` others: full jitter, so that those who failed together do not come back together. */
export function backoffOf({ backoffMs }: RetryPolicy, retries: number, random: () => number): number {
  return Math.floor(random() * Math.min(MAX_BACKOFF_MS, backoffMs * 2 ** retries));
}
