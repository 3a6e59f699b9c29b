import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { ApiClient, type ApiClientOptions } from './apiClient.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Credentials } from './transport.ts';

/**
 * A client for the cluster that kubectl would speak to: KUBECONFIG, `~/.kube/config`, else the pod's own service account. Throws where
 * there is none of these.
 */
export async function clientFromKubeConfig(
  options: Omit<ApiClientOptions, keyof Credentials> = {},
): Promise<ApiClient> {
  const config = new KubeConfig();
  config.loadFromDefault();
  return new ApiClient({ ...(await credentialsOf(config, options.clock ?? systemClock)), ...options });
}

/** What a KubeConfig's current context says. Plugins that make tokens (exec, OIDC) are asked before each request; they remember. */
export async function credentialsOf(config: KubeConfig, clock: Clock): Promise<Credentials> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig names no cluster: set KUBECONFIG or current-context');
  const tls: TlsOptions = {};
  await config.applyToHTTPSOptions(tls);
  const tokenFile: unknown = config.getCurrentUser()?.authProvider?.config?.tokenFile;
  return {
    server: cluster.server,
    ca: tls.ca,
    clientCert: tls.cert,
    clientKey: tls.key,
    serverName: cluster.tlsServerName,
    insecure: cluster.skipTLSVerify,
    token: typeof tokenFile === 'string' ? tokenFromFile(tokenFile, clock) : () => tokenFromConfig(config),
  };
}

type TlsOptions = RequestOptions & { ca?: Buffer; cert?: Buffer; key?: Buffer };

async function tokenFromConfig(config: KubeConfig): Promise<string | undefined> {
  const headers: Record<string, string> = {};
  await config.applyToHTTPSOptions({ headers });
  const header = headers['Authorization'];
  return header?.startsWith('Bearer ') ? header.slice('Bearer '.length) : undefined;
}

/** The kubelet renews a token long before its end, so that this much delay does no harm. */
const TOKEN_MAX_AGE_MS = 10_000;

/** A token that is read from its file again when it is older than 10 s; where that fails, the last one is still tried. */
export function tokenFromFile(file: string, clock: Pick<Clock, 'nowMs'>): () => Promise<string> {
  let token: string | undefined;
  let readAtMs = 0;
  return async () => {
    if (token !== undefined && clock.nowMs() - readAtMs < TOKEN_MAX_AGE_MS) return token;
    try {
      token = (await readFile(file, 'utf8')).trim();
      readAtMs = clock.nowMs();
    } catch (error) {
      if (token === undefined) throw error;
    }
    return token;
  };
}
