/** How requests are counted. What each promises stands beside its script in `scripts/`. */
export type LimitAlgorithm = 'SlidingWindow' | 'FixedWindow' | 'TokenBucket';

/** One limit that one request is charged to. */
export interface LimitCharge {
  /** Names the counter. What stands in braces decides the node of a cluster: charges with the same go there in one call. */
  readonly key: string;
  readonly algorithm: LimitAlgorithm;
  /** So many in `windowMs`; at least 1. */
  readonly requests: number;
  /** At least 1,000. */
  readonly windowMs: number;
  /** Of a TokenBucket: so many at once; at least 1. */
  readonly burst: number;
  /** It is counted and told, and refuses nothing. */
  readonly dryRun: boolean;
}

/** What became of a charge. */
export interface LimitState {
  readonly admitted: boolean;
  /** Requests that would be admitted now. */
  readonly remaining: number;
  /** Admitted: until all of it is free again, at most. Refused: until the next request would be admitted. */
  readonly resetMs: number;
}
