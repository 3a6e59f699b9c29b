import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pickVersion, readVersion } from '../machine/programs.ts';
import { benchPrefix } from '../scenario.ts';
import { nginxConfig } from './nginxConfig.ts';
import { connectTimeoutSeconds, type Site, type Target, upstreamTimeoutSeconds } from './target.ts';

export const nginx: Target = {
  name: 'nginx',
  async find() {
    const version = await readVersion('nginx', '-v');
    if (version === undefined) return { state: 'missing', remedy: 'apt-get install nginx' };
    return { state: 'installed', version: pickVersion(version), prepare };
  },
};

async function prepare(site: Site) {
  const file = join(site.directory, 'nginx.conf');
  await writeFile(file, nginxConfig(site.directory, proxy(site)));
  return { file: 'nginx', args: ['-c', file, '-p', site.directory] };
}

function proxy(site: Site): string {
  return `  upstream backend {
    server 127.0.0.1:${site.upstreamPort};
    keepalive 128;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
  }
  server {
    listen 127.0.0.1:${site.port} backlog=1024;
    location ${benchPrefix}/ {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_connect_timeout ${connectTimeoutSeconds}s;
      proxy_read_timeout ${upstreamTimeoutSeconds}s;
      proxy_send_timeout ${upstreamTimeoutSeconds}s;
    }
  }`;
}
