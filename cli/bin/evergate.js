#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * Starts the program on a Node that can run it. Plain JavaScript without a build, so that `npm install` is enough to link it, and in
 * the syntax of old releases, so that one of them says what is missing instead of where it stumbled.
 */

const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node that `npm install` put beside the program, looked for from here upwards; else the running one, if it is new enough. */
function findNode() {
  for (let folder = packageFolder; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) break;
  }
  const [major = 0] = process.versions.node.split('.').map(Number);
  return major >= 24 ? process.execPath : undefined;
}

/** A checkout runs from its source, a package from what was built. */
function programArguments() {
  const source = join(packageFolder, 'src', 'main.ts');
  if (existsSync(source)) return ['--conditions=source', source];
  return [join(packageFolder, 'dist', 'src', 'main.js')];
}

function fail(message) {
  process.stderr.write(`evergate: ${message}\n`);
  process.exit(1);
}

const node = findNode();
if (node === undefined) {
  fail(`needs Node 24 or newer, this is ${process.versions.node}; run npm install in the checkout`);
}

// The channel tells the program when this process is gone, even where it was killed and could forward nothing.
const program = spawn(node, [...programArguments(), ...process.argv.slice(2)], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => program.kill(signal));
program.on('error', (error) => {
  fail(`cannot start ${node}: ${error.message}`);
});
program.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  for (const forwarded of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(forwarded);
  process.kill(process.pid, signal);
});
