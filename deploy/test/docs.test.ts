import { access, readdir, readFile } from 'node:fs/promises';
import { conditionReasons, conditionTypes } from '@evergate/crds/conditions';
import { type Kind, parseObject } from '@evergate/crds/parse';
import { describe, expect, test } from '@jest/globals';
import { readObjects } from '../src/helm.ts';

const root = new URL('../../', import.meta.url);
const folders = ['docs/', 'docs/runbooks/'];
const pages = (
  await Promise.all(
    folders.map(async (folder) => {
      const names = (await readdir(new URL(folder, root))).filter((name) => name.endsWith('.md'));
      return Promise.all(
        names.map(async (name) => ({
          path: `${folder}${name}`,
          text: await readFile(new URL(`${folder}${name}`, root), 'utf8'),
        })),
      );
    }),
  )
).flat();

function isThere(path: string, from: string): Promise<boolean> {
  return access(new URL(path, new URL(from, root))).then(
    () => true,
    () => false,
  );
}

async function missing(paths: readonly string[], from: string): Promise<readonly string[]> {
  const there = await Promise.all(paths.map((path) => isThere(path, from)));
  return paths.filter((_, at) => there[at] === false);
}

function matches(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}

describe.each(pages)('$path', ({ path, text }) => {
  test('leads to pages that are there', async () => {
    const links = matches(text, /\]\(([^)#:]+)(?:#[^)]*)?\)/g);
    expect(await missing(links, path)).toEqual([]);
  });

  test('names files that are there', async () => {
    const files = matches(text, /`((?:[a-z]\w*\/)+[\w-]+\.(?:ts|yaml|lua))`/g);
    const folders = matches(text, /`(deploy\/[\w/-]+)`/g);
    expect(await missing([...files, ...folders], 'README.md')).toEqual([]);
  });

  test('shows objects of our kinds that are accepted', () => {
    const blocks = matches(text, /```yaml\n([\s\S]*?)```/g);
    const ours = blocks.flatMap(readObjects).filter(({ apiVersion }) => apiVersion === 'evergate.dev/v1alpha1');
    for (const object of ours) {
      const parsed = parseObject(object.kind as Kind, object);
      expect(parsed.ok ? [] : parsed.problems).toEqual([]);
    }
  });
});

describe('docs/troubleshooting.md', () => {
  const { text } = pages.find(({ path }) => path === 'docs/troubleshooting.md') ?? { text: '' };

  test('has a line for every condition', () => {
    expect(Object.keys(conditionTypes).filter((type) => !new RegExp(`^\\| \`${type}\` +\\|`, 'm').test(text))).toEqual(
      [],
    );
  });

  test('says of every reason what to do, or that nothing is to be done, and knows no others', () => {
    const rows = matches(text.slice(text.indexOf('## Reasons')), /^\| `(\w+)` +\|/gm);
    const good = matches(text.slice(text.indexOf('## Reasons that are good')), /`(\w+)`/g);
    expect([...rows, ...good].toSorted()).toEqual(Object.keys(conditionReasons).toSorted());
  });
});
