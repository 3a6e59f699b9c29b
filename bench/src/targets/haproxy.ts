import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pickVersion, readVersion } from '../machine/programs.ts';
import { benchPrefix } from '../scenario.ts';
import { connectTimeoutSeconds, type Site, type Target, upstreamTimeoutSeconds } from './target.ts';

export const haproxy: Target = {
  name: 'haproxy',
  async find() {
    const version = await readVersion('haproxy', '-v');
    if (version === undefined) return { state: 'missing', remedy: 'apt-get install haproxy' };
    return { state: 'installed', version: pickVersion(version), prepare };
  },
};

async function prepare(site: Site) {
  const file = join(site.directory, 'haproxy.cfg');
  await writeFile(file, config(site));
  return { file: 'haproxy', args: ['-db', '-q', '-f', file] };
}

function config(site: Site): string {
  return `global
  nbthread 1
  maxconn 4096

defaults
  mode http
  no log
  timeout connect ${connectTimeoutSeconds}s
  timeout client 1h
  timeout http-keep-alive 1h
  timeout server ${upstreamTimeoutSeconds}s

frontend bench
  bind 127.0.0.1:${site.port}
  use_backend upstream if { path_beg ${benchPrefix}/ }

backend upstream
  http-reuse always
  server upstream 127.0.0.1:${site.upstreamPort}
`;
}
