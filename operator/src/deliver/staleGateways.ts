import { compareOrder, type Position } from '@evergate/contract/document';
import { type Acknowledgement, type AnsweringPod, routesOf } from './acknowledgement.ts';

/** How long a gateway may serve an older table than all others without any progress. */
const PATIENCE_MS = 60_000;
const LONGEST_PATIENCE_MS = 3_600_000;

interface Lag {
  /** What it serves, all this time. */
  readonly serves: Position | undefined;
  readonly sinceMs: number;
}

/** What is remembered of the gateways that are behind; nothing of the others. */
export interface Staleness {
  /** By the pod's name. */
  readonly lags: ReadonlyMap<string, Lag>;
  /** Evictions since all gateways last served the newest table: the more there were, the less one more would help. */
  readonly evictions: number;
}

export const noStaleness: Staleness = { lags: new Map(), evictions: 0 };

export interface Look {
  readonly acknowledgement: Acknowledgement;
  /** The newest table. */
  readonly wanted: Position;
  readonly fleetUID: string;
  /** Monotonic. */
  readonly nowMs: number;
}

/** What is known after one more look at the gateways. Pure. */
export function observe(before: Staleness, look: Look): Staleness {
  const { acknowledgement, nowMs } = look;
  const behind = acknowledgement.receiving.filter((pod) => !isCurrent(pod, look));
  const lags = behind.map(({ pod, answer }): readonly [string, Lag] => {
    const serves = routesOf({ pod, answer }, look.fleetUID);
    const known = before.lags.get(pod.name);
    return [pod.name, known !== undefined && isSame(known.serves, serves) ? known : { serves, sinceMs: nowMs }];
  });
  const areAllCurrent = behind.length === 0 && acknowledgement.receiving.length > 0;
  return { lags: new Map(lags), evictions: areAllCurrent ? 0 : before.evictions };
}

/**
 * The gateway to evict: ready, and behind for a minute without progress while every other one serves the newest table. Undefined where
 * there is none, where the others are behind too (then it is not the pod's fault), or while one is leaving already. Each eviction that
 * did not help doubles the patience, up to an hour. Pure.
 */
export function gatewayToEvict({ lags, evictions }: Staleness, look: Look): AnsweringPod | undefined {
  const { receiving, pods } = look.acknowledgement;
  if (pods.some(({ pod }) => pod.terminating)) return undefined;
  const [stale, ...more] = receiving.filter((pod) => !isCurrent(pod, look));
  if (stale === undefined || more.length > 0 || receiving.length < 2 || !stale.pod.ready) return undefined;
  const patienceMs = Math.min(PATIENCE_MS * 2 ** evictions, LONGEST_PATIENCE_MS);
  const lag = lags.get(stale.pod.name);
  return lag !== undefined && look.nowMs - lag.sinceMs >= patienceMs ? stale : undefined;
}

function isCurrent(pod: AnsweringPod, { wanted, fleetUID }: Look): boolean {
  const serves = routesOf(pod, fleetUID);
  return serves !== undefined && compareOrder(serves, wanted) >= 0;
}

function isSame(a: Position | undefined, b: Position | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return compareOrder(a, b) === 0;
}
