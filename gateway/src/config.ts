import { isIP } from 'node:net';
import { parseDuration } from '@evergate/contract/duration';
import { defaultPorts } from '@evergate/contract/names';
import type { Parsed, Problem } from '@evergate/contract/problem';
import { anyHost } from '@evergate/process/anyHost';
import { type LogLevel, logLevels } from '@evergate/process/log';
import { type DeliveryConfig, readDelivery } from './deliveryConfig.ts';

/** What a gateway process is told by its environment. Everything else stands in the route table. */
export interface GatewayConfig {
  /** Directory of the documents. */
  readonly documents: string;
  readonly delivery: DeliveryConfig;
  /** Address of the data and status ports. */
  readonly host: string;
  readonly statusPort: number;
  readonly adminPort: number;
  /** Instead of the table's, in milliseconds. */
  readonly propagationDelayMs: number | undefined;
  readonly drainTimeoutMs: number | undefined;
  readonly logLevel: LogLevel;
  /** Where it runs, as EndpointSlices name zones. */
  readonly zone: string | undefined;
  /** Ranges of the cluster that no ExternalName Service may lead to, beside the API server's address. */
  readonly forbiddenRanges: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the `EVERGATE_*` variables, with every problem at once; a problem's path is the variable's name. */
export function readConfig(env: Environment): Parsed<GatewayConfig> {
  const problems: Problem[] = [];
  const documents = env['EVERGATE_DOCUMENTS'] ?? '';
  if (documents === '')
    problems.push({ path: 'EVERGATE_DOCUMENTS', message: 'is not set; name the directory of the documents' });
  const host = env['EVERGATE_HOST'] ?? anyHost();
  if (isIP(host) === 0) problems.push({ path: 'EVERGATE_HOST', message: `"${host}" is no IP address` });
  const value: GatewayConfig = {
    documents,
    delivery: readDelivery(env, problems),
    host,
    statusPort: readPort(env, 'EVERGATE_STATUS_PORT', defaultPorts.status, problems),
    adminPort: readPort(env, 'EVERGATE_ADMIN_PORT', defaultPorts.admin, problems),
    propagationDelayMs: readDuration(env, 'EVERGATE_PROPAGATION_DELAY', problems),
    drainTimeoutMs: readDuration(env, 'EVERGATE_DRAIN_TIMEOUT', problems),
    logLevel: readLogLevel(env, problems),
    zone: env['EVERGATE_ZONE'] || undefined,
    forbiddenRanges: listOf(env['EVERGATE_FORBIDDEN_CIDRS']).concat(listOf(env['KUBERNETES_SERVICE_HOST'])),
  };
  return problems.length === 0 ? { ok: true, value, ignored: [] } : { ok: false, problems };
}

/** Separated by commas. */
function listOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').flatMap((part) => part.trim() || []);
}

function readPort(env: Environment, name: string, byDefault: number, problems: Problem[]): number {
  const text = env[name];
  if (text === undefined || text === '') return byDefault;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  problems.push({ path: name, message: `"${text}" is no port; give a whole number from 0 to 65535` });
  return byDefault;
}

function readDuration(env: Environment, name: string, problems: Problem[]): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const durationMs = parseDuration(text);
  if (durationMs === undefined)
    problems.push({ path: name, message: `"${text}" is no duration; write 10s, 250ms or 1m30s` });
  return durationMs;
}

function readLogLevel(env: Environment, problems: Problem[]): LogLevel {
  const text = env['EVERGATE_LOG_LEVEL'] ?? 'info';
  const level = logLevels.find((known) => known === text);
  if (level === undefined)
    problems.push({ path: 'EVERGATE_LOG_LEVEL', message: `"${text}" is none of ${logLevels.join(', ')}` });
  return level ?? 'info';
}
