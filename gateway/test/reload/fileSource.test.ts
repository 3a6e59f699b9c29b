import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FileSource } from '../../src/reload/fileSource.ts';
import { ruleOf } from '../match/rules.ts';
import { endpointsOf, Publisher } from './publisher.ts';
import { Rig } from './rig.ts';

/** Puts files into a volume as the kubelet does: a folder a version, one link to it, and a link a file through that. */
async function mount(root: string, version: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(root, version));
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, version, name), text);
  await symlink(version, join(root, '..data_tmp'));
  await rename(join(root, '..data_tmp'), join(root, '..data'));
  for (const name of Object.keys(files)) await symlink(`..data/${name}`, join(root, name)).catch(() => {});
}

describe('FileSource', () => {
  test('reports the indexes of a mounted volume at the start and whenever the kubelet swaps it', async () => {
    await using publisher = await Publisher.create();
    const texts: string[] = [];
    let wake: () => void = () => {};
    const source = new FileSource(publisher.root, { settleMs: 20, pollMs: 600_000 });
    const seen = async (text: string): Promise<void> => {
      while (!texts.includes(text)) await new Promise<void>((resolve) => (wake = resolve));
    };
    await mount(publisher.root, '..1', { 'routes.json': 'routes 1', 'secrets.json': 'secrets 1', other: 'x' });
    await source.start({
      onIndex: (kind, text) => {
        texts.push(text);
        expect(text.startsWith(kind)).toBe(true);
        wake();
      },
      onProblem: () => {},
    });
    await seen('routes 1');
    await seen('secrets 1');
    await mount(publisher.root, '..2', { 'routes.json': 'routes 2', 'secrets.json': 'secrets 1', other: 'y' });
    await seen('routes 2');
    await source.close();
    expect(texts.toSorted()).toEqual(['routes 1', 'routes 2', 'secrets 1']);
  });

  test('reads parts as they are stored', async () => {
    await using publisher = await Publisher.create();
    const source = new FileSource(publisher.root);
    const part = { name: '0', slot: 'a', hash: '' } as const;
    await publisher.write('routes-0-a.json', 'part');
    await publisher.write('routes-0-a.json.gz', 'compressed');
    expect(String(await source.readPart('routes', part))).toBe('part');
    expect(String(await source.readPart('routes', { ...part, encoding: 'gzip' }))).toBe('compressed');
    await expect(source.readPart('endpoints', part)).rejects.toThrow('endpoints-0-a.json is missing');
  });

  test('keeps what is served when every file is deleted', async () => {
    await using publisher = await Publisher.create();
    await using rig = new Rig(publisher);
    await publisher.endpoints([endpointsOf('shop/one:80')]);
    await publisher.routes([[ruleOf('one')]]);
    await rig.reloader.start();
    await rig.swapped('routes', 1);
    await rename(publisher.root, `${publisher.root}-away`);
    await rig.event('sourceProblem');
    expect(rig.ruleIds).toEqual(['shop/one/0']);
    expect(rig.reloader.status.stale).toBe(false);
    await rename(`${publisher.root}-away`, publisher.root);
  });
});
