import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';
import { benchPrefix } from '../scenario.ts';
import { connectTimeoutSeconds, upstreamTimeoutSeconds } from './target.ts';

/* A program of its own: `node fastifyHttpProxyServer.ts <port> <upstream port>`. */

const [port, upstreamPort] = process.argv.slice(2).map(Number);

const server = fastify({ logger: false, maxRequestsPerSocket: 0 });
await server.register(httpProxy, {
  upstream: `http://127.0.0.1:${upstreamPort}`,
  prefix: benchPrefix,
  rewritePrefix: benchPrefix,
  undici: {
    headersTimeout: upstreamTimeoutSeconds * 1_000,
    bodyTimeout: upstreamTimeoutSeconds * 1_000,
    connectTimeout: connectTimeoutSeconds * 1_000,
  },
});
await server.listen({ host: '127.0.0.1', port: port ?? 0 });
