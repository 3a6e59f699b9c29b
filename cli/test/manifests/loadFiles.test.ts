import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { formatFinding } from '../../src/manifests/finding.ts';
import { loadFiles } from '../../src/manifests/loadFiles.ts';

describe('loadFiles', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evergate-'));
    writeFileSync(join(folder, 'good.yaml'), 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {}\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test.each([
    ['a pipe, without waiting for it', 'is no regular file', (path: string) => execFileSync('mkfifo', [path])],
    ['a link to nothing', 'leads to no file', (path: string) => symlinkSync('nothing', path)],
    ['a link to itself', 'cannot be read: ELOOP', (path: string) => symlinkSync('bad.yaml', path)],
    ['a link to a folder', 'is no regular file', (path: string) => symlinkSync('.', path)],
    ['a file of great size', 'has 9000000 bytes', (path: string) => writeFileSync(path, '#'.repeat(9_000_000))],
  ])('says in one line that it cannot read %s, and reads the others', async (_, problem, make) => {
    const path = join(folder, 'bad.yaml');
    make(path);
    const { manifests, findings } = await loadFiles([folder]);
    expect([...manifests.keys()]).toEqual(['Service default/a']);
    expect(findings.map(formatFinding)).toEqual([expect.stringContaining(`${path}:1:1: error: ${problem}`)]);
    expect(findings[0]?.message).toMatch(/; put that right or remove it$/);
  });
});
