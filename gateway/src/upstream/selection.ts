import type { UpstreamEndpoint } from './endpoint.ts';

/** While at least this share of endpoints is healthy (1/1.4), those are taken to manage all of the load: Envoy's overprovisioning. */
export const OVERPROVISIONING = 1.4;

export interface SelectionOptions {
  /** Where this gateway runs, for those that prefer their own zone. */
  readonly zone: string | undefined;
  readonly panicThresholdPercent: number;
}

/** Which endpoints may be chosen, until something about them changes. */
export interface Selection {
  /** All that may be chosen. */
  readonly candidates: readonly UpstreamEndpoint[];
  /** Those of the gateway's own zone, where that is preferred and has any; all candidates otherwise. */
  readonly near: readonly UpstreamEndpoint[];
  /** The others. */
  readonly far: readonly UpstreamEndpoint[];
  /** The share of requests that stays near: less than 1 while much of it is not healthy. */
  readonly nearShare: number;
  /** Ejected ones whose time is up: each takes one request. */
  readonly trials: UpstreamEndpoint[];
  /** Whether some candidate is in its slow start. */
  readonly warming: boolean;
  /** How many of the ready ones cannot be connected to, as far as the latest attempt shows. */
  readonly unreachable: number;
  /** Health is not believed, because too few endpoints have it. */
  readonly panic: boolean;
  /** Of 0 to 1: healthy endpoints among all. */
  readonly capacity: number;
  /** It holds until then, if nothing is heard before. */
  readonly validUntil: number;
}

/**
 * Chooses among the endpoints that are ready: those that can be connected to and that neither probes nor failed requests speak against.
 * Where too few of those that can be connected to are healthy, it takes them all: then it is rather the judgement that is wrong.
 */
export function select(usable: readonly UpstreamEndpoint[], options: SelectionOptions, now: number): Selection {
  const reachable = usable.filter(({ health }) => health.connectFailedAt === undefined);
  const healthy = reachable.filter(({ health }) => isHealthy(health));
  const trials = reachable.filter(({ health }) => isDueForTrial(health, now));
  const panic = healthy.length * 100 < options.panicThresholdPercent * reachable.length;
  const candidates = panic ? reachable : healthy;
  const isNear = ({ zone }: UpstreamEndpoint): boolean => zone !== undefined && zone === options.zone;
  const near = options.zone === undefined ? [] : candidates.filter(isNear);
  const split = near.length > 0 && near.length < candidates.length;
  return {
    candidates,
    near: split ? near : candidates,
    far: split ? candidates.filter((endpoint) => !isNear(endpoint)) : [],
    nearShare: split ? Math.min(1, (near.length / usable.filter(isNear).length) * OVERPROVISIONING) : 1,
    trials: panic ? [] : trials,
    warming: candidates.some(({ health }) => health.warmAt() > now),
    unreachable: usable.length - reachable.length,
    panic,
    capacity: usable.length === 0 ? 0 : healthy.length / usable.length,
    validUntil: nextChange(reachable, now),
  };
}

function isHealthy({ ejectedUntil, probeFailed }: UpstreamEndpoint['health']): boolean {
  return ejectedUntil === undefined && !probeFailed;
}

function isDueForTrial({ ejectedUntil, probeFailed }: UpstreamEndpoint['health'], now: number): boolean {
  return ejectedUntil !== undefined && ejectedUntil <= now && !probeFailed;
}

/** When an ejection or a slow start ends next. */
function nextChange(endpoints: readonly UpstreamEndpoint[], now: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { health } of endpoints) {
    const { ejectedUntil = now } = health;
    const warmAt = health.warmAt();
    if (ejectedUntil > now) next = Math.min(next, ejectedUntil);
    if (warmAt > now) next = Math.min(next, warmAt);
  }
  return next;
}
