import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pickVersion, readVersion } from '../machine/programs.ts';
import { benchPrefix } from '../scenario.ts';
import { envoyInstallCommand, findEnvoy } from './envoyPackage.ts';
import { connectTimeoutSeconds, type Installation, type Site, type Target, upstreamTimeoutSeconds } from './target.ts';

export const envoy: Target = {
  name: 'envoy',
  async find(): Promise<Installation> {
    const file = await findEnvoy();
    if (file === undefined) return { state: 'missing', remedy: envoyInstallCommand };
    const version = await readVersion(file, '--version');
    if (version === undefined) return { state: 'missing', remedy: `make ${file} executable` };
    return { state: 'installed', version: envoyVersion(version), prepare: (site) => prepare(file, site) };
  },
};

/** `envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL`. */
function envoyVersion(text: string): string {
  return pickVersion(text.slice(text.indexOf('/')));
}

async function prepare(envoyFile: string, site: Site) {
  await access(envoyFile);
  const file = join(site.directory, 'envoy.json');
  await writeFile(file, JSON.stringify(bootstrap(site), undefined, 2));
  const args = ['-c', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'error'];
  return { file: envoyFile, args };
}

function bootstrap(site: Site): object {
  return {
    static_resources: {
      listeners: [{ name: 'bench', address: address(site.port), filter_chains: [{ filters: [connectionManager()] }] }],
      clusters: [cluster(site)],
    },
  };
}

function connectionManager(): object {
  const route = {
    match: { prefix: `${benchPrefix}/` },
    route: { cluster: 'upstream', timeout: `${upstreamTimeoutSeconds}s` },
  };
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
      stat_prefix: 'bench',
      route_config: { virtual_hosts: [{ name: 'bench', domains: ['*'], routes: [route] }] },
      http_filters: [
        {
          name: 'envoy.filters.http.router',
          typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
        },
      ],
    },
  };
}

function cluster(site: Site): object {
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(site.upstreamPort) } }] }];
  return {
    name: 'upstream',
    type: 'STATIC',
    connect_timeout: `${connectTimeoutSeconds}s`,
    load_assignment: { cluster_name: 'upstream', endpoints },
  };
}

function address(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}
