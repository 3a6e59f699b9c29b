import { hostname } from 'node:os';
import type { Parsed, Problem } from '@evergate/contract/problem';
import { parseObject } from '@evergate/crds/parse';
import { type LogLevel, logLevels } from '@evergate/process/log';
import { z } from 'zod';
import type { KubeObject } from './kube/kubeObject.ts';

/** What an operator process is told by its environment. */
export interface OperatorConfig {
  /** Where it runs, and where its Lease is. */
  readonly namespace: string;
  /** Of this process alone. */
  readonly identity: string;
  /** What it signs statuses with: two operators with different names share a cluster without touching each other's. */
  readonly controllerName: string;
  /** The namespaces that it looks for fleets in; its own unless told. Never all. */
  readonly fleetNamespaces: readonly string[];
  /** The namespaces in which it may read Secrets that listeners and routes name; its own unless told. */
  readonly secretNamespaces: readonly string[];
  /** The namespaces of routes, policies and backends; empty for all. */
  readonly watchNamespaces: readonly string[];
  /** The image of fleets that name none. */
  readonly gatewayImage: string;
  /** Ranges of the cluster's pods, Services and nodes: gateways connect to none of them because a name leads there. */
  readonly clusterCIDRs: readonly string[];
  /** The fleet that comes with an installation: a GatewayFleet. */
  readonly defaultFleet: KubeObject | undefined;
  /** Of health and metrics. */
  readonly port: number;
  readonly logLevel: LogLevel;
}

type Environment = Readonly<Record<string, string | undefined>>;

const cidr = z.union([z.cidrv4(), z.cidrv6()]);
const PREFIX = 'EVERGATE_OPERATOR_';
const DEFAULT_PORT = 8081;

/** Reads the `EVERGATE_OPERATOR_*` variables, with every problem at once; a problem's path is the variable's name. */
export function readConfig(env: Environment): Parsed<OperatorConfig> {
  const problems: Problem[] = [];
  const read = (name: string): string => env[PREFIX + name]?.trim() ?? '';
  const need = (name: string, what: string): string => {
    const text = read(name);
    if (text === '') problems.push({ path: PREFIX + name, message: `is not set; give ${what}` });
    return text;
  };
  const namespace = need('NAMESPACE', 'the namespace that the operator runs in');
  const fleetNamespaces = listOf(read('FLEET_NAMESPACES'));
  const secretNamespaces = listOf(read('SECRET_NAMESPACES'));
  const value: OperatorConfig = {
    namespace,
    identity: read('IDENTITY') || hostname(),
    controllerName: read('CONTROLLER_NAME') || 'evergate.dev/operator',
    fleetNamespaces: fleetNamespaces.length > 0 ? fleetNamespaces : [namespace],
    secretNamespaces: secretNamespaces.length > 0 ? secretNamespaces : [namespace],
    watchNamespaces: listOf(read('WATCH_NAMESPACES')),
    gatewayImage: need('GATEWAY_IMAGE', 'the image of the gateways, as repository:tag'),
    clusterCIDRs: readCIDRs(read('CLUSTER_CIDRS'), problems),
    defaultFleet: readDefaultFleet(read('DEFAULT_FLEET'), problems),
    port: readPort(read('PORT'), problems),
    logLevel: readLogLevel(read('LOG_LEVEL'), problems),
  };
  return problems.length === 0 ? { ok: true, value, ignored: [] } : { ok: false, problems };
}

function listOf(text: string): readonly string[] {
  return text.split(',').flatMap((part) => part.trim() || []);
}

function readCIDRs(text: string, problems: Problem[]): readonly string[] {
  const ranges = listOf(text);
  for (const range of ranges) {
    if (cidr.safeParse(range).success) continue;
    const message = `"${range}" is no range of addresses; give one as 10.96.0.0/12 or fd00::/108`;
    problems.push({ path: `${PREFIX}CLUSTER_CIDRS`, message });
  }
  return ranges;
}

function readPort(text: string, problems: Problem[]): number {
  if (text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  problems.push({ path: `${PREFIX}PORT`, message: `"${text}" is no port; give a whole number from 0 to 65535` });
  return DEFAULT_PORT;
}

function readLogLevel(text: string, problems: Problem[]): LogLevel {
  if (text === '') return 'info';
  const level = logLevels.find((known) => known === text);
  if (level === undefined) {
    problems.push({ path: `${PREFIX}LOG_LEVEL`, message: `"${text}" is none of ${logLevels.join(', ')}` });
  }
  return level ?? 'info';
}

function readDefaultFleet(text: string, problems: Problem[]): KubeObject | undefined {
  if (text === '') return undefined;
  const path = `${PREFIX}DEFAULT_FLEET`;
  const fleet = readJson(text);
  const parsed = parseObject('GatewayFleet', fleet);
  // What was written, not what was read of it: defaults are the API server's to fill in.
  if (parsed.ok) return fleet as KubeObject;
  for (const problem of parsed.problems) problems.push({ path, message: `${problem.path}: ${problem.message}` });
  return undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
