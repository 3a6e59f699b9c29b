import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ActiveHealth } from '@evergate/contract/backendSettings';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Backend } from '../../src/upstream/backend.ts';
import { Prober } from '../../src/upstream/prober.ts';
import { eventually } from '../support/eventually.ts';
import { endpointOf } from '../support/gatewayUnderTest.ts';

const settings: ActiveHealth = {
  type: 'HTTP',
  path: '/health',
  intervalMs: 1_000,
  timeoutMs: 500,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
  expectedStatuses: [[200, 299]],
};

let clock: { now: number };
let backend: Backend;
let prober: Prober;
let counters: { probesSent: number; probesFailed: number; probesPostponed: number };
let servers: Server[];

async function serve(listener: RequestListener, port = 0): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function configure(activeHealth: ActiveHealth | undefined, ports: readonly number[]): void {
  backend.configure({
    id: 'app',
    loadBalancing: { policy: 'RoundRobin' },
    connectTimeoutMs: 500,
    ...(activeHealth && { activeHealth }),
  });
  backend.update({ id: 'app', endpoints: ports.map((port) => endpointOf(port)) });
}

/** Lets `ms` pass, and waits until the probes that are due then are back. */
async function pass(ms: number): Promise<void> {
  clock.now += ms;
  prober.tick();
  await eventually('no probe in flight', () => prober.inFlight === 0);
}

function states(): string[] {
  return [...backend.endpoints].map(({ health }) => health.state);
}

beforeEach(() => {
  clock = { now: 0 };
  servers = [];
  counters = { probesSent: 0, probesFailed: 0, probesPostponed: 0 };
  backend = new Backend('app', 0, { clock: () => clock.now, zone: undefined, random: () => 0.5 });
  prober = new Prober({ backends: [backend], counters, clock: () => clock.now, random: () => 0.5 });
  // The test moves the clock itself.
  prober.close();
});

afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

describe('probes', () => {
  test('take an endpoint out after as many failures as said, and bring it back after as many good ones', async () => {
    let status = 200;
    const seen: (string | undefined)[] = [];
    const port = await serve((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.host} ${request.headers['user-agent']}`);
      response.writeHead(status).end('x'.repeat(100_000));
    });
    configure({ ...settings, hostname: 'orders.example.com' }, [port]);
    await pass(0);
    expect(seen).toEqual([]);
    await pass(500);
    expect(seen).toEqual(['GET /health orders.example.com evergate-probe']);
    status = 500;
    const found: string[] = [];
    for (let probe = 0; probe < 3; probe++) {
      await pass(1_000);
      found.push(...states());
    }
    status = 204;
    for (let probe = 0; probe < 2; probe++) {
      await pass(1_000);
      found.push(...states());
    }
    expect(found).toEqual(['Healthy', 'Healthy', 'Unhealthy', 'Unhealthy', 'Healthy']);
    expect(counters).toEqual({ probesSent: 6, probesFailed: 3, probesPostponed: 0 });
  });

  test('fail where no answer comes in time, or nobody listens', async () => {
    const silent = await serve(() => {});
    const closed = await serve(() => {});
    await new Promise((resolve) => servers[1]?.close(resolve));
    configure({ ...settings, timeoutMs: 20, unhealthyThreshold: 1 }, [silent, closed]);
    await pass(0);
    await pass(500);
    expect(states()).toEqual(['Unhealthy', 'Unhealthy']);
  });

  test('of type TCP only connect', async () => {
    const port = await serve((_, response) => response.writeHead(500).end());
    const closed = await serve(() => {});
    await new Promise((resolve) => servers[1]?.close(resolve));
    configure({ ...settings, type: 'TCP', unhealthyThreshold: 1 }, [port, closed]);
    await pass(0);
    await pass(500);
    expect(states()).toEqual(['Healthy', 'Unhealthy']);
  });

  test('go on when the table comes again, and are forgotten when the policy has none any more', async () => {
    const port = await serve((_, response) => response.writeHead(500).end());
    configure(settings, [port]);
    await pass(0);
    for (let probe = 0; probe < 3; probe++) {
      await pass(1_000);
      backend.configure({ ...backend.settings, activeHealth: { ...settings } });
    }
    expect(states()).toEqual(['Unhealthy']);
    configure(undefined, [port]);
    expect(states()).toEqual(['Healthy']);
    await pass(10_000);
    expect(counters.probesSent).toBe(3);
  });

  test('are bounded in rate whatever is due, and none is forgotten', async () => {
    const local = await Promise.all(Array.from({ length: 45 }, () => serve((_, response) => response.end())));
    configure(settings, local);
    await pass(0);
    clock.now += 500;
    const sent: number[] = [];
    for (let tick = 0; tick < 3; tick++) {
      await pass(0);
      sent.push(counters.probesSent);
    }
    expect(sent).toEqual([20, 40, 45]);
    expect(counters.probesPostponed).toBe(25 + 5);
  });
});

describe('an endpoint that could not be connected to', () => {
  test('is connected to after a second and then less often, until that succeeds, without any request', async () => {
    const port = await serve(() => {});
    await new Promise((resolve) => servers[0]?.close(resolve));
    configure(undefined, [port]);
    const [endpoint] = backend.endpoints;
    endpoint?.health.connectFailed(clock.now);
    await pass(0);
    const sentAt: number[] = [];
    for (let second = 1; second <= 8; second++) {
      const before = counters.probesSent;
      await pass(1_000);
      if (counters.probesSent > before) sentAt.push(second);
    }
    expect(sentAt).toEqual([1, 3, 7]);
    expect(states()).toEqual(['Unreachable']);
    const requests: string[] = [];
    await serve((request) => requests.push(request.url ?? ''), port);
    for (let second = 0; second < 8; second++) await pass(1_000);
    expect(states()).toEqual(['Healthy']);
    expect(requests).toEqual([]);
  });
});
