import { parseDuration } from '@evergate/contract/duration';
import type { FleetSettings } from '@evergate/contract/routeTable';
import type { GatewayFleetSpec } from '@evergate/crds/gatewayFleet';
import { portListeners } from './listeners.ts';

/** Brings what a fleet says into the form that gateways read: one listener a port, times in milliseconds. */
export function fleetSettings(spec: GatewayFleetSpec): FleetSettings {
  const { clientTraffic, shutdown, telemetry } = spec;
  const { headerTimeout, idleTimeout, healthPathPrefix, ...limits } = clientTraffic;
  return {
    listeners: portListeners(spec.listeners).map(({ name, port, protocol }) => ({ name, port, protocol })),
    clientTraffic: {
      ...limits,
      headerTimeoutMs: milliseconds(headerTimeout),
      idleTimeoutMs: milliseconds(idleTimeout),
    },
    healthPrefix: healthPathPrefix,
    shutdown: {
      propagationDelayMs: milliseconds(shutdown.propagationDelay),
      drainTimeoutMs: milliseconds(shutdown.drainTimeout),
    },
    telemetry,
  };
}

/** Reads a duration that the schema has accepted. */
export function milliseconds(duration: string): number {
  const totalMs = parseDuration(duration);
  if (totalMs === undefined) throw new RangeError(`no duration: ${duration}`);
  return totalMs;
}
