import { isDeepStrictEqual } from 'node:util';
import { parseDuration } from '@evergate/contract/duration';
import { defaultErrors } from '@evergate/contract/errorSettings';
import type { FleetSettings } from '@evergate/contract/routeTable';
import type { GatewayFleetSpec } from '@evergate/crds/gatewayFleet';
import { portListeners } from './listeners.ts';

/** Brings what a fleet says into the form that gateways read: one listener a port, times in milliseconds. */
export function fleetSettings(spec: GatewayFleetSpec): FleetSettings {
  const { clientTraffic, shutdown, telemetry } = spec;
  const { headerTimeout, idleTimeout, maxConnectionAge, healthPathPrefix, ...limits } = clientTraffic;
  return {
    listeners: portListeners(spec.listeners).map(({ name, port, protocol }) => ({ name, port, protocol })),
    clientTraffic: {
      ...limits,
      headerTimeoutMs: milliseconds(headerTimeout),
      idleTimeoutMs: milliseconds(idleTimeout),
      maxConnectionAgeMs: milliseconds(maxConnectionAge),
    },
    healthPrefix: healthPathPrefix,
    shutdown: {
      propagationDelayMs: milliseconds(shutdown.propagationDelay),
      drainTimeoutMs: milliseconds(shutdown.drainTimeout),
    },
    telemetry,
    ...readErrors(spec.errors),
  };
}

/** What is as by default is left out. */
function readErrors({ reasonHeader, pages }: GatewayFleetSpec['errors']): Pick<FleetSettings, 'errors'> {
  const errors = { reasonHeader, pages: pages.map((page) => ({ ...page, statuses: page.statuses.map(readRange) })) };
  return isDeepStrictEqual(errors, defaultErrors) ? {} : { errors };
}

/** `200` or `200-399`, as the schemas have it. */
export function readRange(text: string): readonly [number, number] {
  const [from = 0, to = from] = text.split('-').map(Number);
  return [from, to];
}

/** Reads a duration that the schema has accepted. */
export function milliseconds(duration: string): number {
  const totalMs = parseDuration(duration);
  if (totalMs === undefined) throw new RangeError(`no duration: ${duration}`);
  return totalMs;
}
