import { Cluster, Redis } from 'ioredis';
import type { RedisSettings } from './redisSettings.ts';

const CONNECT_TIMEOUT_MS = 1_000;
const LONGEST_WAIT_MS = 250;

/** What carries commands: one connection, or one to each node. */
export type RedisClient = Redis | Cluster;

/** Random, so that a fleet does not come back to Redis in step: 25 ms at first, then twice that, and so on up to a quarter of a second. */
function waitBefore(attempt: number): number {
  return Math.min(25 * 2 ** Math.min(attempt, 6), LONGEST_WAIT_MS) * (0.5 + Math.random() / 2);
}

/**
 * Makes a client that connects at once and again whenever the connection is lost. Commands are never queued or repeated: what cannot be
 * sent now fails now. Time limits are the caller's (one timer for all, instead of one a command).
 */
export function createRedisClient(settings: RedisSettings): RedisClient {
  return settings.mode === 'Cluster' ? createCluster(settings) : createConnection(settings);
}

/**
 * Makes a client whose connection answers nothing connect again. One that has no connection is making one anyway; ioredis would add a listener
 * to its last socket each time it is told to leave it, as long as the outage lasts.
 */
export function leaveConnection(client: RedisClient): void {
  const isConnected = client.status === 'ready' || client.status === 'connect';
  if (isConnected || client instanceof Cluster) client.disconnect(true);
}

/** What holds for each connection, whatever the mode. */
function nodeOptions({ username, password, tls }: RedisSettings) {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls: tlsOptions(tls) }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    disableClientInfo: true,
    connectionName: 'evergate',
    retryStrategy: waitBefore,
  };
}

function createConnection(settings: RedisSettings): Redis {
  const { mode, endpoints, database: db } = settings;
  const [first = { host: '127.0.0.1', port: 6379 }] = endpoints;
  const node = { ...nodeOptions(settings), db };
  return new Redis(mode === 'Standalone' ? { ...node, ...first } : { ...node, ...sentinelOptions(settings) });
}

function sentinelOptions({ endpoints, primaryName, sentinelPassword, tls }: RedisSettings) {
  return {
    sentinels: endpoints.map(({ host, port }) => ({ host, port })),
    name: primaryName ?? 'mymaster',
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions(tls) }),
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    sentinelRetryStrategy: waitBefore,
    // Hears of a failover from the Sentinels, instead of waiting until the old primary closes the connection.
    failoverDetector: true,
  };
}

function createCluster(settings: RedisSettings): Cluster {
  const { endpoints, tls } = settings;
  return new Cluster(
    endpoints.map(({ host, port }) => ({ host, port })),
    {
      redisOptions: nodeOptions(settings),
      enableOfflineQueue: false,
      // Its connections are many, so it joins what goes to one of them itself.
      enableAutoPipelining: true,
      clusterRetryStrategy: waitBefore,
      retryDelayOnFailover: 50,
      retryDelayOnClusterDown: 50,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      slotsRefreshInterval: 5_000,
      // Names in a certificate are names: an address that was looked up would not match.
      ...(tls === undefined ? {} : { dnsLookup: keepName }),
    },
  );
}

function keepName(address: string, callback: (error: null, address: string) => void): void {
  callback(null, address);
}

function tlsOptions({ serverName, ca }: NonNullable<RedisSettings['tls']>): { servername?: string; ca?: string } {
  return { ...(serverName === undefined ? {} : { servername: serverName }), ...(ca === undefined ? {} : { ca }) };
}
