import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../kube/clock.ts';
import {
  type Acknowledgement,
  type AnsweringPod,
  type Awaited,
  acknowledge,
  isAcknowledged,
  nothingAcknowledged,
  type PodAnswer,
} from './acknowledgement.ts';
import type { FleetPod } from './fleetPods.ts';

/**
 * The first look after a change, when gateways are likely to have it: looking earlier would take processor time from them. Each further one
 * waits half as long again, as long as something is awaited.
 */
const FIRST_LOOK_MS = 16;
const LONGEST_LOOK_MS = 500;
/** How long a change is looked for so often; the slow tick finds it later. */
const IMPATIENT_MS = 15_000;
/** Below the 5 s within which an open circuit breaker is to be a condition. */
const TICK_MS = 4_000;
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
  readonly wanted: () => Awaited | undefined;
  /** What the pods serve has changed. */
  readonly onChange: (now: Acknowledgement, before: Acknowledgement) => void;
  /** Pods were asked, changed or not: at least every 4 s. */
  readonly onLook?: (now: Acknowledgement) => void;
  readonly clock: Clock;
}

interface Remembered {
  readonly answer: PodAnswer;
  readonly at: number;
}

/**
 * Asks the pods of one fleet what they serve: soon and often after a change, every 4 s otherwise. One question a pod at a time, at most
 * 32 in all, so a pod that does not answer delays nobody else's word; nothing is kept of pods that are gone.
 */
export class Acknowledger {
  readonly #options: AcknowledgerOptions;
  readonly #stopping = new AbortController();
  /** By `nameOf`. */
  readonly #answers = new Map<string, Remembered>();
  readonly #asking = new Set<string>();
  #toAsk: readonly FleetPod[] = [];
  #now: Acknowledgement = nothingAcknowledged;
  #hasLooked = false;
  /** Something changed since the last look: who is new has never been asked. */
  #mustLook = false;
  #lookMs = TICK_MS;
  #impatientUntil = 0;
  #lookAt = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => {};

  constructor(options: AcknowledgerOptions) {
    this.#options = options;
    this.expect();
  }

  get acknowledgement(): Acknowledgement {
    return this.#now;
  }

  /** Whether every pod has been asked once: before that, nothing is known. */
  get hasLooked(): boolean {
    return this.#hasLooked;
  }

  /** Something was written, or pods changed: look at once, and often until every pod serves it. */
  expect(): void {
    this.#impatientUntil = this.#options.clock.nowMs() + IMPATIENT_MS;
    this.#lookMs = FIRST_LOOK_MS;
    this.#mustLook = true;
    this.#schedule();
  }

  close(): void {
    this.#stopping.abort();
    this.#cancel();
  }

  /** An earlier look that waits already stays. */
  #schedule(): void {
    if (this.#stopping.signal.aborted) return;
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    const isImpatient = this.#mustLook || (nowMs < this.#impatientUntil && !this.#isSettled());
    const delayMs = isImpatient ? this.#lookMs : TICK_MS;
    if (nowMs + delayMs >= this.#lookAt) return;
    this.#cancel();
    this.#lookMs = Math.min(this.#lookMs * 1.5, LONGEST_LOOK_MS);
    this.#lookAt = nowMs + delayMs;
    this.#cancel = clock.after(delayMs, () => this.#look());
  }

  #isSettled(): boolean {
    const wanted = this.#options.wanted();
    return wanted !== undefined && isAcknowledged(this.#now, wanted) && this.#now.waitingRoutes.size === 0;
  }

  #look(): void {
    this.#lookAt = Number.POSITIVE_INFINITY;
    this.#mustLook = false;
    const pods = this.#pods();
    const names = new Set(pods.map(nameOf));
    for (const name of this.#answers.keys()) if (!names.has(name)) this.#answers.delete(name);
    const lastAt = (pod: FleetPod): number => this.#answers.get(nameOf(pod))?.at ?? 0;
    this.#toAsk = pods.filter((pod) => !this.#asking.has(nameOf(pod))).sort((a, b) => lastAt(a) - lastAt(b));
    this.#sum();
    this.#askNext();
    this.#schedule();
  }

  #pods(): readonly FleetPod[] {
    return this.#options.pods().filter(({ address }) => address !== undefined);
  }

  #askNext(): void {
    const free = CONCURRENCY - this.#asking.size;
    const next = this.#toAsk.slice(0, Math.max(0, free));
    this.#toAsk = this.#toAsk.slice(next.length);
    for (const pod of next) void this.#ask(pod);
  }

  /** Never rejects. */
  async #ask(pod: FleetPod): Promise<void> {
    const name = nameOf(pod);
    this.#asking.add(name);
    const answer = await this.#options.ask(pod.address ?? '', this.#stopping.signal);
    this.#asking.delete(name);
    if (this.#stopping.signal.aborted) return;
    const at = this.#options.clock.nowMs();
    const known = this.#answers.get(name);
    const isForgiven =
      answer.outcome === 'Unreachable' && known?.answer.outcome === 'Answered' && at - known.at < REMEMBERED_MS;
    if (!isForgiven) this.#answers.set(name, { answer, at });
    this.#sum();
    this.#askNext();
  }

  /** Nothing is concluded while a pod that counts has not been asked: it may serve anything. */
  #sum(): void {
    const pods = this.#pods();
    const answering = pods.flatMap((pod): AnsweringPod[] => {
      const known = this.#answers.get(nameOf(pod));
      return known === undefined ? [] : [{ pod, answer: known.answer }];
    });
    if (pods.some((pod) => pod.mayReceive && !this.#answers.has(nameOf(pod)))) return;
    const before = this.#now;
    this.#now = acknowledge(answering, this.#options.fleetUID);
    const isFirst = !this.#hasLooked;
    this.#hasLooked = true;
    if (isFirst || !isSame(before, this.#now)) this.#options.onChange(this.#now, before);
    this.#options.onLook?.(this.#now);
  }
}

/** A pod that took over a name has another address. */
function nameOf({ name, address }: FleetPod): string {
  return `${name} ${address}`;
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
