import type { ApiClient } from './apiClient.ts';
import { isAlreadyExists, isConflict, isNotFound } from './apiError.ts';
import { type Clock, wait } from './clock.ts';
import { startDeadline } from './deadline.ts';
import type { KubeObject, OwnerReference } from './kubeObject.ts';
import { heldLease, newLease, readLease, releasedLease } from './leaseRecord.ts';
import { leases } from './resource.ts';
import { Term } from './term.ts';

export interface LeaderElectionOptions {
  readonly client: Pick<ApiClient, 'get' | 'create' | 'replace'>;
  readonly namespace: string;
  readonly name: string;
  /** With whom the lease goes, if this process makes it. */
  readonly owner?: OwnerReference | undefined;
  /** Of this process alone: a pod's name with something random. */
  readonly identity: string;
  readonly clock: Clock;
  /** How long the others wait for a holder they do not hear of. 15 s unless told. */
  readonly leaseMs?: number;
  /** How long this process leads after a renewal; well below `leaseMs`. 10 s unless told. */
  readonly renewDeadlineMs?: number;
  /** How often it renews, and at the latest looks whether it can lead. 2 s unless told. */
  readonly retryMs?: number;
  /** Must not throw. */
  readonly onStartedLeading: () => void;
  /** Told when leading has ended; the lease is given back, or taken again, only when this has resolved. Must not throw. */
  readonly onStoppedLeading: () => void | Promise<void>;
  /** A request failed; it will be tried again. Must not throw. */
  readonly onError?: (error: unknown) => void;
}

const DEFAULT_LEASE_MS = 15_000;
const DEFAULT_RENEW_DEADLINE_MS = 10_000;
const DEFAULT_RETRY_MS = 2_000;

/**
 * Makes sure that one of several processes leads, by a Lease. The leader renews it; who has not seen it change for its whole duration,
 * by a clock of its own, takes it. A leader stops on its own, earlier than that, when it cannot renew.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #leaseMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryMs: number;
  readonly #stop = new AbortController();
  readonly #term: Term;
  #loop: Promise<void> | undefined;
  /** As it was last read or written. */
  #lease: KubeObject | undefined;
  /** When it was first seen like this. */
  #seenAtMs = 0;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? DEFAULT_RENEW_DEADLINE_MS;
    this.#retryMs = options.retryMs ?? DEFAULT_RETRY_MS;
    const { clock, onStartedLeading, onStoppedLeading } = options;
    this.#term = new Term({ clock, lengthMs: this.#renewDeadlineMs, onStartedLeading, onStoppedLeading });
  }

  /** Whether this process leads now. Asks the clock: it is false in time even if the process was frozen meanwhile. */
  isLeader(): boolean {
    return this.#term.isOn();
  }

  /** Ask before each write. The same as `isLeader`, by the name of what it is for. */
  mayWrite(): boolean {
    return this.#term.isOn();
  }

  /** How long a write may take that begins now, in milliseconds, so that it ends before another can lead. */
  get writeTimeoutMs(): number {
    return this.#leaseMs - this.#renewDeadlineMs;
  }

  /** Who holds the lease, as far as this process knows. */
  get holder(): string | undefined {
    return this.#lease === undefined ? undefined : readLease(this.#lease).holder;
  }

  /** A second start, and one after the stop, does nothing. */
  start(): void {
    if (this.#loop !== undefined || this.#stop.signal.aborted) return;
    this.#loop = this.#run(this.#stop.signal);
  }

  /** Stops leading, waits for `onStoppedLeading`, and gives the lease back, so that another leads within `retryMs`. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the election was stopped'));
    await this.#loop;
    const wasLeading = this.#term.isOn();
    await this.#term.end();
    if (wasLeading) await this.#release().catch((error: unknown) => this.#options.onError?.(error));
  }

  /** Never rejects. */
  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      await this.#round(signal).catch((error: unknown) => {
        if (!signal.aborted) this.#options.onError?.(error);
      });
      const delayMs = this.#term.isOn() ? this.#retryMs : this.#retryMs * (0.5 + clock.random() / 2);
      await wait(clock, delayMs, signal).catch(() => {});
    }
  }

  /** Renews or takes the lease if it can be had. */
  async #round(signal: AbortSignal): Promise<void> {
    const deadline = startDeadline(this.#options.clock, this.#renewDeadlineMs / 2, signal);
    try {
      await this.#term.settled();
      if (!this.#term.isOn() || this.#lease === undefined) await this.#read(deadline.signal);
      if (this.#lease === undefined || !this.#isFree(this.#lease)) return;
      await this.#take(this.#lease, deadline.signal);
    } finally {
      deadline.clear();
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { client, namespace, name, owner } = this.#options;
    try {
      this.#saw(await client.get(leases, { namespace, name }, signal));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#saw(await client.create(leases, newLease(namespace, name, owner), {}, signal));
    }
  }

  /** The term counts from before the request: the others may see the lease from then on. */
  async #take(lease: KubeObject, signal: AbortSignal): Promise<void> {
    const { client, identity, clock } = this.#options;
    const moment = this.#term.moment();
    const held = heldLease(lease, { identity, durationMs: this.#leaseMs, wallMs: clock.wallMs() });
    try {
      this.#saw(await client.replace(leases, held, signal));
    } catch (error) {
      if (isConflict(error) || isNotFound(error) || isAlreadyExists(error)) return this.#contested(signal);
      throw error;
    }
    this.#term.renew(moment);
  }

  /** Another wrote it, or an answer of ours was lost. Whose it is now decides. */
  async #contested(signal: AbortSignal): Promise<void> {
    this.#lease = undefined;
    await this.#read(signal);
    if (this.holder !== this.#options.identity) await this.#term.end();
  }

  #saw(lease: KubeObject): void {
    const { resourceVersion, uid } = lease.metadata;
    const old = this.#lease?.metadata;
    if (old?.resourceVersion !== resourceVersion || old?.uid !== uid) this.#seenAtMs = this.#options.clock.nowMs();
    this.#lease = lease;
  }

  #isFree(lease: KubeObject): boolean {
    const { holder, durationMs } = readLease(lease);
    if (holder === undefined || holder === this.#options.identity) return true;
    return this.#options.clock.nowMs() - this.#seenAtMs >= Math.max(durationMs, this.#leaseMs);
  }

  /** A renewal that was under way at the stop may have been done, so a conflict is looked into once. */
  async #release(): Promise<void> {
    const { client, clock, identity } = this.#options;
    const deadline = startDeadline(clock, this.#retryMs, undefined);
    const { signal } = deadline;
    const give = async (lease: KubeObject): Promise<void> => {
      if (readLease(lease).holder !== identity) return;
      await client.replace(leases, releasedLease(lease, clock.wallMs()), signal);
    };
    try {
      if (this.#lease !== undefined) await give(this.#lease);
    } catch (error) {
      if (!isConflict(error)) throw error;
      const { namespace, name } = this.#options;
      await give(await client.get(leases, { namespace, name }, signal));
    } finally {
      deadline.clear();
    }
  }
}
