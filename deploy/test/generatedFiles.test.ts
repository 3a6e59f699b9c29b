import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { chartValues } from '../src/chartReadme.ts';
import { generatedFiles } from '../src/generatedFiles.ts';

const root = new URL('../../', import.meta.url);

test.each(await generatedFiles(root))('$path is as `make generate` writes it', async ({ path, content }) => {
  expect(await readFile(new URL(path, root), 'utf8')).toBe(content);
});

test('a value without a comment is refused by its name', () => {
  expect(() => chartValues('# Known.\na: 1\nb:\n  # Known.\n  c: 2\n  d: 3\n')).toThrow('b.d has no comment');
});

test('values are listed with the comments of their groups', () => {
  expect(
    chartValues('# The image.\nimage:\n  # Its tag,\n  # or none.\n  tag: ""\n# How many.\nreplicas: 2\n'),
  ).toEqual([
    { path: 'image', fallback: undefined, meaning: 'The image.' },
    { path: 'image.tag', fallback: '""', meaning: 'Its tag, or none.' },
    { path: 'replicas', fallback: '2', meaning: 'How many.' },
  ]);
});
