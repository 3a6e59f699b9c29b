import type { SentRequests } from '../account/account.ts';
import { toRanges } from '../account/ranges.ts';
import { Latencies, type LatencySummary } from './latencies.ts';
import type { Outcome } from './sendRequest.ts';

const MAX_EXAMPLES = 100;
const MAX_REASONS = 50;

/** A request that was lost, so that a reader sees when and how. */
export interface LostRequest {
  readonly number: number;
  readonly kind: string;
  /** Since the run began, when it was due. */
  readonly atMs: number;
  readonly afterMs: number;
  readonly reason: string;
}

export interface RequestCounts {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  /** Answered only when sent again. */
  readonly retried: number;
  /** Never sent, because too many were under way: the run says nothing of the target then. */
  readonly notSent: number;
}

/** What became of the requests of a run. */
export interface RequestResult extends RequestCounts, SentRequests {
  readonly reasons: Readonly<Record<string, number>>;
  readonly examples: readonly LostRequest[];
  readonly latency: LatencySummary;
  /** How many requests each pod of the upstream answered, and each version. */
  readonly pods: Readonly<Record<string, number>>;
  readonly versions: Readonly<Record<string, number>>;
}

export interface FinishedRequest {
  readonly number: number;
  readonly kind: string;
  readonly isPost: boolean;
  readonly atMs: number;
  readonly tookMs: number;
  readonly retried: boolean;
}

/** Counts a run's requests as they end. */
export class Tally {
  readonly #latencies = new Latencies();
  readonly #acknowledged: number[] = [];
  readonly #posts: number[] = [];
  readonly #examples: LostRequest[] = [];
  readonly #reasons = new Map<string, number>();
  readonly #pods = new Map<string, number>();
  readonly #versions = new Map<string, number>();
  #sent = 0;
  #lost = 0;
  #retried = 0;
  #notSent = 0;

  sent(number: number, isPost: boolean): void {
    this.#sent += 1;
    if (isPost) this.#posts.push(number);
  }

  notSent(): void {
    this.#notSent += 1;
  }

  finished(request: FinishedRequest, outcome: Outcome): void {
    this.#latencies.record(request.tookMs);
    if (outcome.state === 'lost') return this.#countLost(request, outcome.reason);
    this.#acknowledged.push(request.number);
    if (request.retried) this.#retried += 1;
    increment(this.#pods, outcome.pod);
    increment(this.#versions, outcome.version);
  }

  get counts(): RequestCounts {
    return {
      sent: this.#sent,
      answered: this.#acknowledged.length,
      lost: this.#lost,
      retried: this.#retried,
      notSent: this.#notSent,
    };
  }

  result(): RequestResult {
    return {
      ...this.counts,
      reasons: Object.fromEntries(this.#reasons),
      examples: this.#examples,
      latency: this.#latencies.summary(),
      pods: Object.fromEntries(this.#pods),
      versions: Object.fromEntries(this.#versions),
      acknowledged: toRanges(this.#acknowledged),
      posts: toRanges(this.#posts),
    };
  }

  #countLost({ number, kind, atMs, tookMs }: FinishedRequest, reason: string): void {
    this.#lost += 1;
    const counted = this.#reasons.has(reason) || this.#reasons.size < MAX_REASONS ? reason : 'other';
    increment(this.#reasons, counted);
    if (this.#examples.length >= MAX_EXAMPLES) return;
    this.#examples.push({ number, kind, atMs: Math.round(atMs), afterMs: Math.round(tookMs), reason });
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
