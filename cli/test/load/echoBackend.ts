/*
 * A backend for load tests, run as a process of its own so that the load generator's work does not slow it: answers every request with
 * its name and the request's id, and remembers how often each POST came. `node echoBackend.ts NAME PORT`; prints `ready` once it listens.
 */
import { createServer } from 'node:http';

const [name = 'echo', port = '0'] = process.argv.slice(2);
const posted = new Map<string, number>();

const server = createServer((request, response) => {
  if (request.url === '/posted') {
    response.end(JSON.stringify(Object.fromEntries(posted)));
    return;
  }
  const id = String(request.headers['x-load-id'] ?? '');
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (request.method === 'POST') posted.set(id, (posted.get(id) ?? 0) + 1);
    const body = Buffer.concat(chunks).toString('latin1');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name, id, path: request.url, body }));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
process.on('disconnect', () => process.exit(0));
