import { request } from 'node:http';

/*
 * The preStop hook: `node drainCommand.js <admin port>`. Begins the drain and returns when the propagation delay is over. A gateway that is
 * gone has nothing to drain; only an answer other than 200 is a failure.
 */

const port = Number(process.argv[2]);
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  process.stderr.write(`"${process.argv[2] ?? ''}" is no port; give the gateway's admin port\n`);
  process.exit(2);
}

const drain = request({ host: '127.0.0.1', port, method: 'POST', path: '/drain', agent: false }, (response) => {
  const failed = response.statusCode !== 200;
  if (failed) process.stderr.write(`the gateway answered ${response.statusCode}\n`);
  response.resume().once('close', () => process.exit(failed ? 1 : 0));
});
drain.once('error', () => process.exit(0));
drain.end();
