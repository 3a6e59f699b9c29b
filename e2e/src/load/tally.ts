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
  /** Answered with a status that is right beside 200. */
  readonly refused: number;
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
  /** By how requests ended: `answered`, or the reason why they were not. */
  readonly latencies: Readonly<Record<string, LatencySummary>>;
  /** By the same: when the last of them was due, since the run began. */
  readonly lastDueMs: Readonly<Record<string, number>>;
  /** For each second of the run: of the requests that were due in it, how many ended how. */
  readonly timeline: readonly Readonly<Record<string, number>>[];
  /** The most POSTs that were under way at once. */
  readonly mostPostsUnderWay: number;
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
  readonly #endings = new Map<string, Latencies>();
  readonly #lastDueMs = new Map<string, number>();
  readonly #timeline: Map<string, number>[] = [];
  #postsUnderWay = 0;
  #mostPostsUnderWay = 0;
  #sent = 0;
  #lost = 0;
  #refused = 0;
  #retried = 0;
  #notSent = 0;

  sent(number: number, isPost: boolean): void {
    this.#sent += 1;
    if (!isPost) return;
    this.#posts.push(number);
    this.#postsUnderWay += 1;
    this.#mostPostsUnderWay = Math.max(this.#mostPostsUnderWay, this.#postsUnderWay);
  }

  notSent(): void {
    this.#notSent += 1;
  }

  finished(request: FinishedRequest, outcome: Outcome): void {
    this.#latencies.record(request.tookMs);
    if (request.isPost) this.#postsUnderWay -= 1;
    const ending = this.#endingOf(outcome);
    this.#note(request, ending);
    if (outcome.state === 'refused') this.#refused += 1;
    if (outcome.state === 'lost') this.#countLost(request, outcome.reason, ending);
    if (outcome.state !== 'answered') return;
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
      refused: this.#refused,
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
      latencies: Object.fromEntries([...this.#endings].map(([ending, latencies]) => [ending, latencies.summary()])),
      lastDueMs: Object.fromEntries(this.#lastDueMs),
      timeline: Array.from(this.#timeline, (second) => Object.fromEntries(second ?? [])),
      mostPostsUnderWay: this.#mostPostsUnderWay,
      pods: Object.fromEntries(this.#pods),
      versions: Object.fromEntries(this.#versions),
      acknowledged: toRanges(this.#acknowledged),
      posts: toRanges(this.#posts),
    };
  }

  /** So many kinds of ending are told apart, no more. */
  #endingOf(outcome: Outcome): string {
    if (outcome.state === 'answered') return outcome.state;
    return this.#endings.has(outcome.reason) || this.#endings.size < MAX_REASONS ? outcome.reason : 'other';
  }

  #note({ atMs, tookMs }: FinishedRequest, ending: string): void {
    const latencies = this.#endings.get(ending) ?? new Latencies();
    this.#endings.set(ending, latencies);
    latencies.record(tookMs);
    this.#lastDueMs.set(ending, Math.max(this.#lastDueMs.get(ending) ?? 0, atMs));
    const second = Math.floor(atMs / 1_000);
    const endings = this.#timeline[second] ?? new Map<string, number>();
    this.#timeline[second] = endings;
    increment(endings, ending);
  }

  #countLost({ number, kind, atMs, tookMs }: FinishedRequest, reason: string, ending: string): void {
    this.#lost += 1;
    increment(this.#reasons, ending);
    if (this.#examples.length >= MAX_EXAMPLES) return;
    this.#examples.push({ number, kind, atMs: Math.round(atMs), afterMs: Math.round(tookMs), reason });
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
