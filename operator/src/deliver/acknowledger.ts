import { isDeepStrictEqual } from 'node:util';
import type { Position } from '@evergate/contract/document';
import type { Clock } from '../kube/clock.ts';
import {
  type Acknowledgement,
  type AnsweringPod,
  acknowledge,
  isAcknowledged,
  nothingAcknowledged,
  type PodAnswer,
} from './acknowledgement.ts';
import type { FleetPod } from './fleetPods.ts';

/** The first look after a change; each further one waits half as long again, as long as something is awaited. */
const FIRST_LOOK_MS = 4;
const LONGEST_LOOK_MS = 500;
/** How long a change is looked for so often; the slow tick finds it later. */
const IMPATIENT_MS = 15_000;
const TICK_MS = 5_000;
/** Pods asked at once. */
const CONCURRENCY = 32;
/** A pod that answered so recently is taken at its word while it does not answer. */
const REMEMBERED_MS = 15_000;

export interface AcknowledgerOptions {
  readonly fleetUID: string;
  /** Asks a pod's status port, within a second. Never rejects. */
  readonly ask: (address: string, signal: AbortSignal) => Promise<PodAnswer>;
  readonly pods: () => readonly FleetPod[];
  /** The write that every pod should serve. */
  readonly wanted: () => Position | undefined;
  /** What the pods serve has changed. */
  readonly onChange: (now: Acknowledgement, before: Acknowledgement) => void;
  readonly clock: Clock;
}

interface Remembered {
  readonly answer: PodAnswer;
  readonly at: number;
}

/**
 * Asks the pods of one fleet what they serve: soon and often after a change, every 5 s otherwise. One round at a time, at most 32 pods
 * at once; nothing is kept of pods that are gone.
 */
export class Acknowledger {
  readonly #options: AcknowledgerOptions;
  readonly #stopping = new AbortController();
  #answers = new Map<string, Remembered>();
  #now: Acknowledgement = nothingAcknowledged;
  #lookMs = TICK_MS;
  #impatientUntil = 0;
  #isAsking = false;
  #cancel: () => void = () => {};

  constructor(options: AcknowledgerOptions) {
    this.#options = options;
    this.expect();
  }

  get acknowledgement(): Acknowledgement {
    return this.#now;
  }

  /** Something was written, or pods changed: look at once, and often until every pod serves it. */
  expect(): void {
    this.#impatientUntil = this.#options.clock.nowMs() + IMPATIENT_MS;
    this.#lookMs = FIRST_LOOK_MS;
    if (!this.#isAsking) this.#schedule();
  }

  close(): void {
    this.#stopping.abort();
    this.#cancel();
  }

  #schedule(): void {
    this.#cancel();
    if (this.#stopping.signal.aborted) return;
    const { clock } = this.#options;
    const isImpatient = clock.nowMs() < this.#impatientUntil && !this.#isSettled();
    const delayMs = isImpatient ? this.#lookMs : TICK_MS;
    this.#lookMs = Math.min(this.#lookMs * 1.5, LONGEST_LOOK_MS);
    this.#cancel = clock.after(delayMs, () => void this.#look());
  }

  #isSettled(): boolean {
    const wanted = this.#options.wanted();
    return wanted !== undefined && isAcknowledged(this.#now, wanted) && this.#now.waitingRoutes.size === 0;
  }

  async #look(): Promise<void> {
    this.#isAsking = true;
    const pods = this.#options.pods().filter(({ address }) => address !== undefined);
    const answering = await inBatches(pods, (pod) => this.#ask(pod));
    this.#isAsking = false;
    if (this.#stopping.signal.aborted) return;
    this.#answers = new Map(answering.map(({ pod, answer, at }) => [pod.name, { answer, at }]));
    const before = this.#now;
    this.#now = acknowledge(answering, this.#options.fleetUID);
    this.#schedule();
    if (!isSame(before, this.#now)) this.#options.onChange(this.#now, before);
  }

  async #ask(pod: FleetPod): Promise<AnsweringPod & { readonly at: number }> {
    const { clock, ask } = this.#options;
    const answer = await ask(pod.address ?? '', this.#stopping.signal);
    const at = clock.nowMs();
    if (answer.outcome === 'Answered') return { pod, answer, at };
    const known = this.#answers.get(pod.name);
    if (known?.answer.outcome === 'Answered' && at - known.at < REMEMBERED_MS) return { pod, ...known };
    return { pod, answer, at };
  }
}

async function inBatches<T, R>(all: readonly T[], run: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < all.length; from += CONCURRENCY) {
    results.push(...(await Promise.all(all.slice(from, from + CONCURRENCY).map(run))));
  }
  return results;
}

function isSame(a: Acknowledgement, b: Acknowledgement): boolean {
  return isDeepStrictEqual(
    [a.routesFrom, a.waitingRoutes, plain(a.pods)],
    [b.routesFrom, b.waitingRoutes, plain(b.pods)],
  );
}

function plain(pods: readonly AnsweringPod[]): unknown {
  return pods.map(({ pod, answer }) => ({ ...pod, answer }));
}
