import type { Problem } from '@evergate/contract/problem';

/** Where a gateway's documents come from, beside the directory that is mounted. */
export interface DeliveryConfig {
  /** Folder that keeps what is served for a container that starts again; undefined for none. */
  readonly copy: string | undefined;
  /** Undefined where documents are not watched on the API server. */
  readonly watch: WatchConfig | undefined;
}

export interface WatchConfig {
  /** `https://host:port`. */
  readonly server: string;
  /** Folder with `token` and `ca.crt`. */
  readonly serviceAccount: string;
  readonly namespace: string;
  readonly fleet: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A DNS label (RFC 1123), as Kubernetes wants names. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Reads what the environment says of delivery; a problem's path is the variable's name. */
export function readDelivery(env: Environment, problems: Problem[]): DeliveryConfig {
  const copy = env['EVERGATE_COPY'];
  const delivery = env['EVERGATE_DELIVERY'] ?? 'Mount';
  if (delivery !== 'Watch' && delivery !== 'Mount')
    problems.push({ path: 'EVERGATE_DELIVERY', message: `"${delivery}" is none of Watch, Mount` });
  return {
    copy: copy === '' ? undefined : copy,
    watch: delivery === 'Watch' ? readWatch(env, problems) : undefined,
  };
}

function readWatch(env: Environment, problems: Problem[]): WatchConfig {
  return {
    server: readServer(env, problems),
    serviceAccount: env['EVERGATE_SERVICE_ACCOUNT'] ?? SERVICE_ACCOUNT,
    namespace: readLabel(env, 'EVERGATE_NAMESPACE', "the pod's namespace", problems),
    fleet: readLabel(env, 'EVERGATE_FLEET', 'the GatewayFleet', problems),
  };
}

function readLabel(env: Environment, name: string, what: string, problems: Problem[]): string {
  const label = env[name] ?? '';
  const message = label === '' ? `is not set; EVERGATE_DELIVERY=Watch needs ${what}` : `"${label}" is no DNS label`;
  if (!LABEL.test(label)) problems.push({ path: name, message });
  return label;
}

/** Named for tests and unusual clusters, else what the kubelet tells every container. */
function readServer(env: Environment, problems: Problem[]): string {
  const named = env['EVERGATE_API_SERVER'] ?? '';
  if (named !== '') {
    if (URL.parse(named)?.protocol === 'https:') return URL.parse(named)?.origin ?? '';
    problems.push({ path: 'EVERGATE_API_SERVER', message: `"${named}" is no address; write https://host:port` });
    return '';
  }
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  const server = URL.parse(`https://${host.includes(':') ? `[${host}]` : host}:${port}`);
  if (host !== '' && server !== null) return server.origin;
  const message =
    'is not set, nor is KUBERNETES_SERVICE_HOST; EVERGATE_DELIVERY=Watch needs https://host:port of the API server';
  problems.push({ path: 'EVERGATE_API_SERVER', message });
  return '';
}
