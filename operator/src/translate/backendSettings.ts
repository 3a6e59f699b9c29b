import { isDeepStrictEqual } from 'node:util';
import {
  type BackendSettings,
  defaultPanicThresholdPercent,
  defaultPassiveHealth,
} from '@evergate/contract/backendSettings';
import type { BackendPolicySpec } from '@evergate/crds/backendPolicy';
import { milliseconds, readRange } from './settings.ts';

type Settings = Omit<BackendSettings, 'id'>;
type Breaker = NonNullable<BackendPolicySpec['circuitBreaker']>;

/** How backends are treated that no policy names, or whose policy never was valid. */
export const defaultBackendSettings: Settings = {
  loadBalancing: { policy: 'LeastRequests' },
  connectTimeoutMs: 5_000,
};

/**
 * Brings what a policy says into the table's form. What is as by default is left out, so that a table of many backends stays short.
 * `fallbackId` is the backend that stands in while the breaker is open, where there is one and it can be resolved.
 */
export function readBackendSettings(spec: BackendPolicySpec, fallbackId: string | undefined): Settings {
  const { panicThreshold } = spec.passiveHealth;
  const passiveHealth = readPassiveHealth(spec.passiveHealth);
  return {
    loadBalancing: readLoadBalancing(spec.loadBalancing),
    connectTimeoutMs: milliseconds(spec.connectTimeout),
    ...(isDeepStrictEqual(passiveHealth, defaultPassiveHealth) ? {} : { passiveHealth }),
    ...(panicThreshold === defaultPanicThresholdPercent ? {} : { panicThresholdPercent: panicThreshold }),
    ...(spec.activeHealth === undefined ? {} : { activeHealth: readActiveHealth(spec.activeHealth) }),
    ...(spec.circuitBreaker === undefined ? {} : { circuitBreaker: readBreaker(spec.circuitBreaker, fallbackId) }),
    ...(spec.limits === undefined ? {} : { limits: readLimits(spec.limits) }),
  };
}

function readLoadBalancing(loadBalancing: BackendPolicySpec['loadBalancing']): Settings['loadBalancing'] {
  const { policy, hashOn, preferSameZone } = loadBalancing;
  const slowStartMs = milliseconds(loadBalancing.slowStart);
  return {
    policy,
    ...(hashOn === undefined ? {} : { hashOn: readHashOn(hashOn) }),
    ...(slowStartMs === 0 ? {} : { slowStartMs }),
    ...(preferSameZone ? { preferSameZone } : {}),
  };
}

/** Names of headers are compared in lower case; those of cookies and parameters as they are. */
function readHashOn({
  type,
  name,
}: NonNullable<BackendPolicySpec['loadBalancing']['hashOn']>): Settings['loadBalancing']['hashOn'] {
  if (name === undefined) return { type };
  return { type, name: type === 'Header' ? name.toLowerCase() : name };
}

function readPassiveHealth(passive: BackendPolicySpec['passiveHealth']): NonNullable<Settings['passiveHealth']> {
  const { on, codes, maxFails, maxEjectionPercent } = passive;
  return { on, codes, maxFails, failTimeoutMs: milliseconds(passive.failTimeout), maxEjectionPercent };
}

function readActiveHealth(active: NonNullable<BackendPolicySpec['activeHealth']>): Settings['activeHealth'] {
  const { type, path, hostname, interval, timeout, healthyThreshold, unhealthyThreshold } = active;
  return {
    type,
    path,
    ...(hostname === undefined ? {} : { hostname }),
    intervalMs: milliseconds(interval),
    timeoutMs: milliseconds(timeout),
    healthyThreshold,
    unhealthyThreshold,
    expectedStatuses: active.expectedStatuses.map(readRange),
  };
}

function readBreaker(breaker: Breaker, fallbackId: string | undefined): Settings['circuitBreaker'] {
  const { slidingWindowSize, minimumCalls, slowCallDuration, halfOpenCalls, codes } = breaker;
  return {
    slidingWindowSize,
    minimumCalls,
    failureRatePercent: breaker.failureRateThreshold,
    ...(slowCallDuration === undefined ? {} : { slowCallMs: milliseconds(slowCallDuration) }),
    slowCallRatePercent: breaker.slowCallRateThreshold,
    openMs: milliseconds(breaker.openDuration),
    halfOpenCalls,
    codes,
    ...readFallback(breaker.fallback?.response, fallbackId),
  };
}

function readFallback(
  response: NonNullable<Breaker['fallback']>['response'],
  fallbackId: string | undefined,
): Pick<NonNullable<Settings['circuitBreaker']>, 'fallback'> {
  if (response !== undefined) return { fallback: { type: 'Response', ...response } };
  return fallbackId === undefined ? {} : { fallback: { type: 'Backend', backend: fallbackId } };
}

function readLimits(limits: NonNullable<BackendPolicySpec['limits']>): Settings['limits'] {
  const { maxConnections, maxPending, maxInFlight } = limits;
  return {
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(maxPending === 0 ? {} : { maxPending }),
    pendingTimeoutMs: milliseconds(limits.pendingTimeout),
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
  };
}
