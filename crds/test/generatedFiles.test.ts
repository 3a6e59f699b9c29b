import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { generatedFiles } from '../src/generatedFiles.ts';

const root = new URL('../../', import.meta.url);

test.each(generatedFiles())('$path is as `make generate` writes it', async ({ path, content }) => {
  expect(await readFile(new URL(path, root), 'utf8')).toBe(content);
});

test('a program that reads YAML 1.1, as Kubernetes does, sees the same definitions', () => {
  for (const { content } of generatedFiles().filter(({ path }) => path.endsWith('.yaml'))) {
    expect(parse(content, { version: '1.1' })).toEqual(parse(content, { version: '1.2' }));
  }
});
