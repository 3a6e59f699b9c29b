import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Contents } from '../../src/manifests/catalogue.ts';
import { ManifestFolders } from '../../src/run/manifestFolders.ts';

const KEY = 'Service default/a';
let root = '';
let folders: ManifestFolders;
/** What each change brought. */
let seen: Contents[] = [];
let heard = Promise.withResolvers<void>();

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'evergate-'));
  mkdirSync(join(root, 'below'));
  writeFileSync(join(root, 'a.yaml'), 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {}\n');
  seen = [];
  const onChange = (): void => {
    seen.push(folders.take().contents);
    heard.resolve();
    heard = Promise.withResolvers();
  };
  folders = new ManifestFolders([root], onChange, () => {});
  await folders.start();
  await seenThat((contents) => contents.manifests.has(KEY));
});

afterEach(async () => {
  await folders.close();
  rmSync(root, { recursive: true });
});

async function seenThat(holds: (contents: Contents) => boolean): Promise<void> {
  if (holds(folders.take().contents)) return;
  while (!seen.some(holds)) await heard.promise;
}

test.each(['b.yaml', 'A.yaml', 'below/a.yaml'])('what a file said stays when it gets the name %s', async (name) => {
  seen = [];
  renameSync(join(root, 'a.yaml'), join(root, name));
  await seenThat(({ manifests }) => manifests.get(KEY)?.reading.file === join(root, name));
  expect(seen.map(({ manifests, findings }) => [manifests.has(KEY), findings])).toEqual(seen.map(() => [true, []]));
});

test('what a file said is gone soon after the file is', async () => {
  seen = [];
  rmSync(join(root, 'a.yaml'));
  await seenThat(({ manifests }) => !manifests.has(KEY));
});
