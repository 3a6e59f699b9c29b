import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from './machine/processes.ts';
import { echoPath, responseBody, scenarioNames, scenarios } from './scenario.ts';
import { nginxConfig } from './targets/nginxConfig.ts';

/** nginx cuts off a word of its configuration at 4 KiB, so a long body is written as repetitions of a variable. */
const CHUNK_BYTES = 1_024;

/** Writes the upstream's configuration: nginx, answering every scenario from memory. `word` is what bodies are made of. */
export async function prepareUpstream(directory: string, port: number, word: string): Promise<Command> {
  const file = join(directory, 'upstream.conf');
  await writeFile(file, nginxConfig(directory, server(port, word)));
  return { file: 'nginx', args: ['-c', file, '-p', directory] };
}

function server(port: number, word: string): string {
  const locations = scenarioNames.map((name) => location(scenarios[name].path, word, scenarios[name].responseBytes));
  return `  server {
    listen 127.0.0.1:${port} backlog=1024;
    default_type text/plain;
${locations.join('\n')}
    location = ${echoPath} { return 200 "$request_method $content_length$http_transfer_encoding"; }
  }`;
}

function location(path: string, word: string, bytes: number): string {
  if (bytes <= CHUNK_BYTES) return `    location = ${path} { return 200 "${responseBody(word, bytes)}"; }`;
  const repeated = '$chunk'.repeat(bytes / CHUNK_BYTES);
  return `    location = ${path} { set $chunk "${responseBody(word, CHUNK_BYTES)}"; return 200 "${repeated}"; }`;
}
