import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import type { Command } from '../machine/processes.ts';
import type { Installation, Site, Target } from './target.ts';

const require = createRequire(import.meta.url);

export const fastifyHttpProxy: Target = {
  name: 'fastify-http-proxy',
  async find(): Promise<Installation> {
    try {
      const { version }: { version: string } = require('@fastify/http-proxy/package.json');
      return { state: 'installed', version, prepare };
    } catch {
      return { state: 'missing', remedy: 'npm install' };
    }
  },
};

async function prepare(site: Site): Promise<Command> {
  const server = join(import.meta.dirname, `fastifyHttpProxyServer${extname(import.meta.filename)}`);
  return { file: process.execPath, args: [server, `${site.port}`, `${site.upstreamPort}`] };
}
