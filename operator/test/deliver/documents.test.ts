import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type Entry, type NextDocument, nextDocument } from '../../src/deliver/documents.ts';
import { identity } from './sampleContent.ts';

function entries(count: number, size: number, changed: Readonly<Record<number, string>> = {}): Entry[] {
  return Array.from({ length: count }, (_, number) => {
    const id = `shop/secret-${number}`;
    return { id, shardKey: id, value: { id, type: 'Opaque', data: { text: changed[number] ?? 'x'.repeat(size) } } };
  });
}

function next(secrets: readonly Entry[], previous?: NextDocument, who = identity): NextDocument {
  const before = previous === undefined ? undefined : ({ kind: 'secrets', ...previous.envelope } as const);
  return nextDocument({ kind: 'secrets', head: {}, lists: { secrets } }, before, who);
}

describe('nextDocument', () => {
  test('puts a small document into the index', () => {
    const { envelope, partWrites } = next(entries(10, 100));
    expect(partWrites).toEqual([]);
    expect(envelope.parts).toHaveLength(1);
    expect(JSON.parse(envelope.parts[0]?.inline ?? '').secrets).toHaveLength(10);
  });

  test('cuts a large one into a power of two of parts of at most about 96 Ki characters, whose hashes it names', () => {
    const { envelope, partWrites } = next(entries(1000, 1000));
    expect(envelope.parts).toHaveLength(16);
    for (const [position, { text }] of partWrites.entries()) {
      expect(text.length).toBeLessThan(1.2 * 96 * 1024);
      expect(envelope.parts[position]?.hash).toBe(createHash('sha256').update(text).digest('hex'));
    }
  });

  test('has 16 parts at most, and comes back to as many from a writer that made more', () => {
    expect(next(entries(1000, 20_000)).envelope.parts).toHaveLength(16);
    const many = Array.from({ length: 64 }, (_, part) => ({ name: part.toString(16), slot: 'a', hash: '' }) as const);
    const { envelope } = next(entries(1000, 1000));
    const previous = { envelope: { ...envelope, parts: many }, partWrites: [], unstored: [], unchanged: false };
    expect(next(entries(1000, 1000, { 5: 'edited' }), previous).envelope.parts).toHaveLength(16);
  });

  test('compresses the parts above the size it is told, outside the index and in it, and says that readers must know', () => {
    const content = { kind: 'endpoints', head: {}, lists: { backends: entries(120, 1000) } } as const;
    const outside = nextDocument(content, undefined, identity, { storage: { compressAboveBytes: 8192 } });
    const inside = nextDocument({ ...content, whole: true }, undefined, identity, {
      storage: { compressAboveBytes: 8192 },
    });
    const plain = nextDocument({ ...content, whole: true }, undefined, identity);
    const [write] = outside.partWrites;
    expect(write).toMatchObject({ key: 'endpoints-0-a.json.gz', part: { kind: 'endpoints', name: '0', slot: 'a' } });
    expect(gunzipSync(write?.gzip ?? '').toString()).toBe(write?.text);
    const [part] = inside.envelope.parts;
    expect(gunzipSync(Buffer.from(part?.inline ?? '', 'base64')).toString()).toBe(plain.envelope.parts[0]?.inline);
    expect(part?.hash).toBe(plain.envelope.parts[0]?.hash);
    for (const { envelope } of [outside, inside]) {
      expect(envelope.requires).toEqual(['gzip']);
      expect(envelope.parts.every(({ encoding }) => encoding === 'gzip')).toBe(true);
    }
    expect(plain.envelope).toMatchObject({ requires: [], revision: outside.envelope.revision });
  });

  test('rewrites the part of an edited entry alone, into the slot that was free', () => {
    const first = next(entries(1000, 1000));
    const second = next(entries(1000, 1000, { 5: 'edited' }), first);
    const third = next(entries(1000, 1000, { 5: 'edited again' }), second);
    expect(second.partWrites.map(({ key }) => key)).toEqual([expect.stringMatching(/^secrets-[0-9a-f]-b\.json$/)]);
    expect(third.partWrites.map(({ key }) => key)).toEqual([expect.stringMatching(/^secrets-[0-9a-f]-a\.json$/)]);
    expect(third.envelope.sequence).toBe(3);
  });

  test('never writes a slot that the previous index names', () => {
    let previous = next(entries(400, 1000));
    for (const count of [200, 300, 20, 400, 1500, 90, 600]) {
      const named = previous.envelope.parts.map(({ name, slot }) => `secrets-${name}-${slot}.json`);
      const after = next(entries(count, 1000), previous);
      expect(after.partWrites.filter(({ key }) => named.includes(key))).toEqual([]);
      previous = after;
    }
  });

  test('keeps the number of parts through small changes in size, and the document inside or outside the index', () => {
    const grown = next(entries(400, 1000));
    const shrunk = next(entries(150, 1000), grown);
    expect(grown.envelope.parts).toHaveLength(8);
    expect(shrunk.envelope.parts).toHaveLength(4);
    expect(next(entries(200, 1000), shrunk).envelope.parts).toHaveLength(4);
    expect(next(entries(20, 1000), shrunk).envelope.parts[0]?.inline).toBeUndefined();
    expect(next(entries(20, 1000)).envelope.parts[0]?.inline).toBeDefined();
  });

  test('says unchanged for equal content, whatever the order of its entries', () => {
    const first = next(entries(300, 1000));
    const again = next(entries(300, 1000).reverse(), first);
    expect(again).toEqual({
      envelope: { kind: 'secrets', ...first.envelope },
      partWrites: [],
      unstored: [],
      unchanged: true,
    });
  });

  test('gives equal content the same revision, however it came to it and whatever the number of parts', () => {
    const direct = next(entries(150, 1000));
    const shrunk = next(entries(150, 1000), next(entries(400, 1000)));
    expect(shrunk.envelope.parts.length).not.toBe(direct.envelope.parts.length);
    expect(shrunk.envelope.revision).toBe(direct.envelope.revision);
    expect(next(entries(151, 1000)).envelope.revision).not.toBe(direct.envelope.revision);
  });

  test('writes the index of equal content again when the epoch grows, but no part', () => {
    const first = next(entries(300, 1000));
    const restored = next(entries(300, 1000), first, { ...identity, epoch: 2 });
    expect(restored.unchanged).toBe(false);
    expect(restored.partWrites).toEqual([]);
    expect(restored.envelope).toMatchObject({ epoch: 2, sequence: 2, revision: first.envelope.revision });
  });
});
