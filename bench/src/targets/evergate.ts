import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publication } from '@evergate/operator/deliver/publication';
import type { Command } from '../machine/processes.ts';
import { benchContent } from './evergateTable.ts';
import type { Installation, Site, Target } from './target.ts';

const identity = { fleetUID: 'bench', fleet: { namespace: 'bench', name: 'bench' }, epoch: 0 };

/** The gateway as images run it: the emitted JavaScript, without the condition that resolves workspaces to their sources. */
const program = join(
  import.meta.dirname.replace(/\/dist\/src\/targets$|\/src\/targets$/, ''),
  '../gateway/dist/src/main.js',
);

export const evergate: Target = {
  name: 'evergate',
  async find(): Promise<Installation> {
    try {
      await access(program);
    } catch {
      return { state: 'missing', remedy: 'npm run build' };
    }
    return { state: 'installed', version: `this checkout, Node ${process.versions.node}`, prepare };
  },
};

async function prepare(site: Site): Promise<Command> {
  const documents = join(site.directory, 'documents');
  await mkdir(documents);
  const { writes } = publication(benchContent(site.port, site.upstreamPort), undefined, identity);
  for (const { key, text } of writes) await writeFile(join(documents, key), text);
  return {
    file: process.execPath,
    args: [program],
    env: {
      EVERGATE_DOCUMENTS: documents,
      EVERGATE_HOST: '127.0.0.1',
      EVERGATE_STATUS_PORT: '0',
      EVERGATE_ADMIN_PORT: '0',
      EVERGATE_LOG_LEVEL: 'warn',
    },
  };
}
