/*
 * The demo's services: each answers every request with its name, the method, the path and what it received.
 *
 *   node backends.js                        all of them, on the ports of examples/shop-local
 *   node backends.js orders-v1:8080         those named, as a container runs them
 *   node backends.js -- command ...         all of them, for as long as the command runs
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

const demo = ['web:7001', 'orders-v1:7002', 'orders-v2:7003', 'carts:7004'];
const host = process.env.HOST ?? (process.argv.length > 2 && !process.argv.includes('--') ? '0.0.0.0' : '127.0.0.1');

function startBackend(name, port) {
  const server = createServer(async (request, response) => {
    let received = 0;
    for await (const chunk of request) received += chunk.length;
    const body = received === 0 ? '' : `, ${received} bytes received`;
    response.end(`${name}: ${request.method} ${request.url}${body}\n`);
  });
  // Longer than any gateway keeps an idle connection, so that it never sends a request into one that closes.
  server.keepAliveTimeout = 120_000;
  server.on('error', (error) => {
    process.stderr.write(`demo: ${name} cannot listen on port ${port}: ${error.message}\n`);
    process.exit(1);
  });
  return new Promise((resolve) => server.listen(port, host, resolve));
}

const separator = process.argv.indexOf('--');
const command = separator === -1 ? [] : process.argv.slice(separator + 1);
const named = process.argv.slice(2, separator === -1 ? undefined : separator);

for (const backend of named.length > 0 ? named : demo) {
  const [name, port] = backend.split(':');
  await startBackend(name, Number(port));
}

if (command.length > 0) {
  const child = spawn(command[0], command.slice(1), { stdio: 'inherit' });
  // Ctrl-C reaches the command as well; its last requests still need the services.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code) => process.exit(code ?? 1));
}
