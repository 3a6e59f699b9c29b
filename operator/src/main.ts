import { createLog } from '@evergate/process/log';
import { readConfig } from './config.ts';
import { clientFromKubeConfig } from './kube/credentials.ts';
import { ownAccount } from './kube/ownAccount.ts';
import { Operator } from './operator.ts';

/* The operator process: the environment in, signals in, an exit code out. */

const config = readConfig(process.env);
if (!config.ok) {
  for (const { path, message } of config.problems) process.stderr.write(`${path} ${message}\n`);
  process.exit(2);
}

const log = createLog({
  level: config.value.logLevel,
  write: (line) => void process.stdout.write(`${line}\n`),
  now: Date.now,
});
const operator = await Operator.start({
  config: config.value,
  owner: await ownAccount(config.value.namespace),
  connect: (onRequest) => clientFromKubeConfig({ userAgent: 'evergate-operator', onRequest }),
  log,
});

process.once('SIGTERM', leave);
process.once('SIGINT', leave);

function leave(): void {
  operator.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}
