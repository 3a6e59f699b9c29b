import { gzipSync } from 'node:zlib';
import { type DocumentKind, documentKinds } from '@evergate/contract/names';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Write } from '../../src/deliver/documents.ts';
import {
  type FleetContent,
  type Previous,
  type Publication,
  type Published,
  publication,
  settled,
} from '../../src/deliver/publication.ts';
import { restorePublished, type Stored, type StoredPart } from '../../src/deliver/restore.ts';
import { identity, sampleContent, sampleEndpoints, sampleRule } from './sampleContent.ts';

const storage = { compressAboveBytes: 8192, carryBelowBytes: 2_000 };

/** The objects of a cluster: one an index, one a part and slot. */
class Objects {
  readonly indexes = new Map<DocumentKind, string>();
  readonly parts = new Map<string, StoredPart>();

  write({ kind, part, text, gzip }: Write): void {
    if (part === undefined) {
      this.indexes.set(kind, text);
      return;
    }
    const content = gzip ?? Buffer.from(text);
    this.parts.set(nameOf(part), { ...part, content, ...(gzip === undefined ? {} : { encoding: 'gzip' }) });
  }

  publish({ writes, removals }: Publication, cutAfter = writes.length): void {
    for (const write of writes.slice(0, cutAfter)) this.write(write);
    if (cutAfter === writes.length) for (const part of removals) this.parts.delete(nameOf(part));
  }

  settle(state: Published): Published {
    for (const write of state.unstored) this.write(write);
    return settled(state);
  }

  get stored(): Stored {
    return { indexes: Object.fromEntries(this.indexes), parts: [...this.parts.values()].reverse() };
  }
}

function nameOf({ kind, name, slot }: Pick<StoredPart, 'kind' | 'name' | 'slot'>): string {
  return `${kind}-${name}-${slot}`;
}

const edits = fc.record({
  routes: fc.integer({ min: 0, max: 400 }),
  path: fc.string({ maxLength: 30, unit: 'grapheme' }).map((end) => `/${end}`),
  moved: fc.integer({ min: 0, max: 60 }),
  isSettled: fc.boolean(),
  secret: fc.string({ maxLength: 30, unit: 'grapheme' }),
});
type Edit = typeof edits extends fc.Arbitrary<infer T> ? T : never;
const histories = fc.array(edits, { minLength: 1, maxLength: 5 });

function contentOf({ routes, path, moved, secret }: Edit): FleetContent {
  const content = sampleContent(routes);
  return {
    ...content,
    rules: content.rules.map((rule, number) => (number % 7 === 0 ? sampleRule(number, path) : rule)),
    endpoints: [...content.endpoints.slice(moved % 10), sampleEndpoints(100 + moved)],
    gateways: moved,
    secrets: secret === '' ? [] : [{ id: 'shop/key', type: 'Opaque', data: { secret } }],
  };
}

function byId<T extends { readonly id: string }>(entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function expectServed(objects: Objects, content: FleetContent): void {
  const { served, problems } = restorePublished(objects.stored);
  expect(problems).toEqual([]);
  expect(served.settings).toEqual(content.settings);
  for (const list of ['rules', 'backends', 'endpoints', 'secrets'] as const) {
    expect(byId<{ id: string }>(served[list])).toEqual(byId<{ id: string }>(content[list]));
  }
}

/** What matters of a publication: what is written and removed, and where it leaves the next one. */
function effectOf({ writes, removals, state, unchanged }: Publication): unknown {
  return { writes, removals, unchanged, state: { ...state, content: undefined } };
}

describe('restorePublished', () => {
  test('finds nothing wrong where nothing was ever published', () => {
    const { previous, epoch, problems } = restorePublished({ indexes: {}, parts: [] });
    expect({ epoch, problems }).toEqual({ epoch: 1, problems: [] });
    const content = sampleContent(100);
    expect(publication(content, previous, identity)).toEqual(publication(content, undefined, identity));
  });

  test('leads to the publications of a writer that never restarted', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const objects = new Objects();
        let state: Previous | undefined;
        for (const edit of history) {
          const content = contentOf(edit);
          const { previous, epoch } = restorePublished(objects.stored);
          const next = publication(content, state, identity, storage);
          expect(effectOf(publication(content, previous, { ...identity, epoch }, storage))).toEqual(effectOf(next));
          objects.publish(next);
          expectServed(objects, content);
          state = edit.isSettled ? objects.settle(next.state) : next.state;
        }
      }),
      { numRuns: 15 },
    );
  });

  test('converges from wherever a writer died, in its first publication too', () => {
    fc.assert(
      fc.property(histories, fc.array(fc.nat(12), { minLength: 5, maxLength: 5 }), (history, cuts) => {
        const objects = new Objects();
        for (const [step, edit] of history.entries()) {
          const { previous, epoch } = restorePublished(objects.stored);
          const next = publication(contentOf(edit), previous, { ...identity, epoch }, storage);
          const cut = Math.min(cuts[step] ?? 0, next.writes.length);
          objects.publish(next, cut);
          if (edit.isSettled && cut === next.writes.length) objects.settle(next.state);
          expect(restorePublished(objects.stored).problems.filter(({ path }) => path.includes('part'))).toEqual([]);
        }
        const last = contentOf(history[0] as Edit);
        const { previous, epoch } = restorePublished(objects.stored);
        objects.publish(publication(last, previous, { ...identity, epoch }, storage));
        expectServed(objects, last);
      }),
      { numRuns: 15 },
    );
  });

  const damages: readonly (readonly [string, (objects: Objects, part: StoredPart) => void, RegExp])[] = [
    ['missing', (objects, part) => objects.parts.delete(nameOf(part)), /found none/],
    ['truncated', (objects, part) => cut(objects, part, part.content.subarray(0, 40)), /not compressed|hash/],
    ['of another hash', (objects, part) => cut(objects, part, gzipSync('{}')), /hash/],
  ];

  test.each(damages)('names a part that is %s, and lets the next publication write it anew', (_, damage, message) => {
    const objects = new Objects();
    const content = sampleContent(300);
    objects.publish(publication(content, undefined, identity, storage));
    const [part] = objects.parts.values();
    if (part === undefined) throw new Error('no part was written');
    damage(objects, part);
    const { previous, problems, epoch, served } = restorePublished(objects.stored);
    expect(problems).toEqual([{ path: expect.stringMatching(/^routes-0-a/), message: expect.stringMatching(message) }]);
    expect(epoch).toBe(1);
    expect(served.rules.length).toBeLessThan(300);
    const repair = publication(content, previous, identity, storage);
    expect(repair.writes.map(({ key }) => key)).toEqual(['routes-0-b.json.gz', 'routes.json']);
    objects.publish(repair);
    expectServed(objects, content);
  });

  test.each(documentKinds)('goes to a later epoch where the index of %s is lost or cannot be read', (kind) => {
    for (const text of [undefined, '{"kind":', '{"version":2,"epoch":7,"requires":["teleport"]}']) {
      const objects = new Objects();
      const first = publication(sampleContent(100), undefined, identity, storage);
      objects.publish(first);
      objects.publish(publication({ ...sampleContent(120), gateways: 5 }, first.state, identity, storage));
      objects.indexes.delete(kind);
      if (text !== undefined) objects.indexes.set(kind, text);
      const { previous, problems, epoch } = restorePublished(objects.stored);
      expect(problems).toEqual([{ path: kind, message: expect.stringContaining('that of the last publication') }]);
      expect(epoch).toBe(text?.includes('teleport') === true ? 8 : 2);
      const repair = publication(sampleContent(100), previous, { ...identity, epoch }, storage);
      objects.publish(repair);
      expectServed(objects, sampleContent(100));
      for (const index of documentKinds) expect(JSON.parse(objects.indexes.get(index) ?? '')).toMatchObject({ epoch });
    }
  });

  test('shows no secret in what it finds wrong', () => {
    const objects = new Objects();
    const secrets = [{ id: 'shop/key', type: 'Opaque', data: { key: 'hunter2' } }] as const;
    objects.publish(publication({ ...sampleContent(3), secrets }, undefined, identity, storage));
    const text = objects.indexes.get('secrets') ?? '';
    objects.indexes.set('secrets', text.replace('hunter2', 'hunter3'));
    const { problems } = restorePublished(objects.stored);
    expect(problems).toHaveLength(1);
    expect(JSON.stringify(problems)).not.toContain('hunter');
  });
});

function cut(objects: Objects, part: StoredPart, content: Uint8Array): void {
  objects.parts.set(nameOf(part), { ...part, content });
}
