import type { FleetSettings } from '../src/routeTable.ts';

/** The settings of a fleet with one listener, as they are where it says little, but for a log and a delay that tests would wait for. */
export function sampleSettings(port = 8080): FleetSettings {
  return {
    listeners: [{ name: 'http', port, protocol: 'HTTP' }],
    clientTraffic: {
      clientAddress: { trustedHops: 0, trustedCIDRs: [] },
      headerTimeoutMs: 10_000,
      idleTimeoutMs: 60_000,
      maxHeaderBytes: 32_768,
      maxHeaderCount: 100,
      maxTargetBytes: 8_192,
      maxRequestBodyBytes: 0,
      maxConnections: 10_000,
    },
    healthPrefix: '/.evergate',
    shutdown: { propagationDelayMs: 0, drainTimeoutMs: 30_000 },
    telemetry: { accessLog: { mode: 'None', percent: 0 }, metrics: { perRoute: 'All' } },
  };
}
