import type { ApiClient } from '../kube/apiClient.ts';
import { isNotFound, isTooManyRequests } from '../kube/apiError.ts';
import type { Clock } from '../kube/clock.ts';
import { describeBehind } from './acknowledgement.ts';
import { gatewayToEvict, type Look, noStaleness, observe, type Staleness } from './staleGateways.ts';

/** A budget that forbids an eviction is asked again after this. */
const ASK_AGAIN_MS = 10_000;

export type EvictionEvent =
  | { readonly outcome: 'Evicted'; readonly pod: string; readonly why: string }
  /** A budget forbids it now. */
  | { readonly outcome: 'Forbidden'; readonly pod: string; readonly why: string }
  | { readonly outcome: 'Failed'; readonly pod: string; readonly why: string; readonly error: unknown };

export interface EvictorOptions {
  readonly namespace: string;
  /** Its writes are fenced. */
  readonly client: Pick<ApiClient, 'evict'>;
  readonly clock: Clock;
  readonly onEviction: (event: EvictionEvent) => void;
}

/** Replaces a gateway that is stuck on an older table, by eviction: one at a time, as far as disruption budgets allow it. */
export class Evictor {
  readonly #options: EvictorOptions;
  readonly #stopping = new AbortController();
  #staleness: Staleness = noStaleness;
  #notBeforeMs = 0;
  #isEvicting = false;

  constructor(options: EvictorOptions) {
    this.#options = options;
  }

  /** The gateways were asked once more. Resolves when what followed from that is done; never rejects. */
  async looked(facts: Omit<Look, 'nowMs'>): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    const look = { ...facts, nowMs };
    this.#staleness = observe(this.#staleness, look);
    const stale = gatewayToEvict(this.#staleness, look);
    if (stale === undefined || this.#isEvicting || nowMs < this.#notBeforeMs) return;
    this.#isEvicting = true;
    this.#notBeforeMs = nowMs + ASK_AGAIN_MS;
    await this.#evict(stale.pod.name, describeBehind([stale]));
    this.#isEvicting = false;
  }

  close(): void {
    this.#stopping.abort();
  }

  async #evict(pod: string, why: string): Promise<void> {
    const { client, namespace, onEviction } = this.#options;
    try {
      await client.evict(namespace, pod, this.#stopping.signal);
      this.#staleness = { ...this.#staleness, evictions: this.#staleness.evictions + 1 };
      onEviction({ outcome: 'Evicted', pod, why });
    } catch (error) {
      if (this.#stopping.signal.aborted || isNotFound(error)) return;
      if (isTooManyRequests(error)) onEviction({ outcome: 'Forbidden', pod, why });
      else onEviction({ outcome: 'Failed', pod, why, error });
    }
  }
}
