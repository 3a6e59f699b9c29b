import { setFlagsFromString } from 'node:v8';
import { readConfig } from './config.ts';
import { startGateway } from './startGateway.ts';

/* The gateway process: the environment in, signals in, an exit code out. */

// Every table leaves its predecessor behind as garbage. V8 lets a heap of this size nearly double before it collects it; a fifth more is
// enough, and costs nothing measurable between reloads.
setFlagsFromString('--heap-growing-percent=20');

const config = readConfig(process.env);
if (!config.ok) {
  for (const { path, message } of config.problems) process.stderr.write(`${path} ${message}\n`);
  process.exit(2);
}

const gateway = await startGateway(config.value);

// SIGINT reaches every process of a terminal's group; for a gateway it means the same.
process.once('SIGTERM', leave);
process.once('SIGINT', leave);
// Started by the cli: without it nobody would restart this process, or end it.
process.once('disconnect', leave);

function leave(): void {
  gateway.drain().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}
