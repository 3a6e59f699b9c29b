import type { DocumentIndex, EndpointsIndex, RoutesIndex } from '@evergate/contract/document';
import { indexKey, type PartSlot, partKey } from '@evergate/contract/names';
import { parseEndpointsPart, parseIndex, parseRoutesPart, parseSecretsPart } from '@evergate/contract/parse';
import type { Parsed } from '@evergate/contract/problem';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Write } from '../../src/deliver/documents.ts';
import {
  type FleetContent,
  type Publication,
  type Published,
  publication,
  settled,
} from '../../src/deliver/publication.ts';
import { shardOf } from '../../src/deliver/shards.ts';
import { identity, sampleContent, sampleEndpoints, sampleRule } from './sampleContent.ts';

/** What a reader finds: key -> text. */
type Store = Map<string, string>;

function put(store: Store, writes: readonly Write[]): Store {
  for (const { key, text } of writes) store.set(key, text);
  return store;
}

function value<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  expect(parsed.ignored).toEqual([]);
  return parsed.value;
}

function readIndex(store: Store, kind: 'routes' | 'endpoints' | 'secrets'): DocumentIndex {
  return value(parseIndex(store.get(indexKey(kind)) ?? ''));
}

function partTexts(store: Store, index: DocumentIndex): string[] {
  return index.parts.map(({ name, slot, inline }) => inline ?? store.get(partKey(index.kind, name, slot)) ?? '');
}

function byId<T extends { readonly id: string }>(entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Everything a reader reads back, in the order of ids. */
function readBack(store: Store): FleetContent {
  const routes = readIndex(store, 'routes') as RoutesIndex;
  const endpoints = readIndex(store, 'endpoints') as EndpointsIndex;
  const parts = partTexts(store, routes).map((text) => value(parseRoutesPart(text)));
  return {
    settings: routes.settings,
    rules: byId(parts.flatMap(({ rules }) => rules)),
    backends: byId(parts.flatMap(({ backends }) => backends)),
    endpoints: byId(partTexts(store, endpoints).flatMap((text) => value(parseEndpointsPart(text)).backends)),
    gateways: endpoints.gateways,
    secrets: byId(
      partTexts(store, readIndex(store, 'secrets')).flatMap((text) => value(parseSecretsPart(text)).secrets),
    ),
  };
}

function sorted(content: FleetContent): FleetContent {
  const { rules, backends, endpoints, secrets } = content;
  return {
    ...content,
    rules: byId(rules),
    backends: byId(backends),
    endpoints: byId(endpoints),
    secrets: byId(secrets),
  };
}

function keyOf({ kind, name, slot }: PartSlot): string {
  return partKey(kind, name, slot);
}

function keysOf({ writes }: Publication): string[] {
  return writes.map(({ key }) => key);
}

/** After each write, whoever reads finds something whole. */
function carryOut(store: Store, { writes, removals }: Publication): void {
  for (const write of writes) {
    put(store, [write]);
    if (store.has('routes.json')) readBack(store);
  }
  for (const part of removals) store.delete(keyOf(part));
}

function settle(store: Store, state: Published): Published {
  put(store, state.unstored);
  return settled(state);
}

const small = sampleContent(3);
const text = fc.string({ maxLength: 30, unit: 'grapheme' });
const editFields = {
  routes: fc.integer({ min: 0, max: 300 }),
  path: text.map((end) => `/${end}`),
  secrets: fc.uniqueArray(fc.record({ id: fc.stringMatching(/^[a-z]{1,5}\/[a-z]{1,5}$/), secret: text }), {
    selector: ({ id }) => id,
    maxLength: 20,
  }),
};
const edits = fc.record(editFields);

function contentOf({ routes, path, secrets }: typeof edits extends fc.Arbitrary<infer T> ? T : never): FleetContent {
  const content = sampleContent(routes);
  return {
    ...content,
    rules: content.rules.map((rule, number) => (number % 7 === 0 ? sampleRule(number, path) : rule)),
    secrets: secrets.map(({ id, secret }) => ({ id, type: 'Opaque', data: { secret } })),
  };
}

describe('publication', () => {
  test('writes endpoints and secrets before the routes that need them', () => {
    const first = publication(small, undefined, identity);
    expect(keysOf(first)).toEqual(['endpoints.json', 'secrets.json', 'routes.json']);
    expect(first.state.routes).toMatchObject({ sequence: 1, needs: { endpoints: 1, secrets: 1 } });
  });

  const storages = [{}, { carryBelowBytes: 40_000 }, { carryBelowBytes: 4_000_000 }] as const;
  test.each(storages)('is read back equal, and gives the same bytes for equal content, stored as %j', (storage) => {
    const check = (history: readonly (Parameters<typeof contentOf>[0] & { readonly isSettled: boolean })[]): void => {
      const store: Store = new Map();
      let state: Published | undefined;
      for (const edit of history) {
        const next = publication(contentOf(edit), state, identity, storage);
        carryOut(store, next);
        state = edit.isSettled ? settle(store, next.state) : next.state;
        expect(readBack(store)).toEqual(sorted(contentOf(edit)));
        expect(publication(contentOf(edit), state, identity, storage)).toMatchObject({ unchanged: true, writes: [] });
      }
      const parts = [...store.keys()].filter((key) => key.includes('-')).sort();
      expect((state?.parts ?? []).map(keyOf)).toEqual(parts);
    };
    const history = fc.array(fc.record({ ...editFields, isSettled: fc.boolean() }), { minLength: 1, maxLength: 5 });
    fc.assert(fc.property(history, check), { numRuns: 15 });
  });

  test('adds endpoints before the routes that use them and removes them after the routes that did', () => {
    const before = publication(small, undefined, identity);
    const after = {
      ...small,
      rules: small.rules.slice(1),
      endpoints: [...small.endpoints.slice(1), sampleEndpoints(9)],
    };
    const { writes, state } = publication(after, before.state, identity);
    expect(writes.map(({ key }) => key)).toEqual(['endpoints.json', 'routes.json', 'endpoints.json']);
    const store = put(new Map(), before.writes);
    put(store, writes.slice(0, 2));
    expect(readBack(store).endpoints.map(({ id }) => id)).toEqual(
      [0, 1, 2, 9].map((number) => `shop/service-${number}:80`),
    );
    expect(state.routes.needs).toEqual({ endpoints: 2, secrets: 1 });
    expect(readBack(put(store, writes))).toEqual(sorted(after));
  });

  test('writes the endpoints alone, once, where only they change', () => {
    const before = publication(small, undefined, identity);
    const moved = { ...small, gateways: 4, endpoints: small.endpoints.slice(1) };
    const { writes, state } = publication(moved, before.state, identity);
    expect(writes.map(({ key }) => key)).toEqual(['endpoints.json']);
    expect(state.routes).toBe(before.state.routes);
  });

  test('can be cut off after any write without leaving an index that names a part which is not there', () => {
    const store: Store = new Map();
    let state: Publication['state'] | undefined;
    for (const routes of [300, 200, 310, 5]) {
      const { writes, removals, state: next } = publication(sampleContent(routes), state, identity);
      for (const write of writes) {
        put(store, [write]);
        if (store.has('routes.json')) readBack(store);
      }
      for (const part of removals) store.delete(keyOf(part));
      state = next;
    }
  });

  test('carries a small change in the index, and names it in its slot once that is written', () => {
    // One part fits into it, two do not.
    const storage = { carryBelowBytes: 60_000 };
    const content = sampleContent(400);
    const first = publication(content, undefined, identity, storage);
    const edit = { ...content, rules: content.rules.with(7, sampleRule(7, '/other')) };
    const second = publication(edit, first.state, identity, storage);
    expect(keysOf(second)).toEqual(['routes.json']);
    expect(second.state.routes.parts.filter(({ inline }) => inline !== undefined)).toHaveLength(1);
    expect(second.state.unstored).toHaveLength(1);

    const more = publication({ ...edit, gateways: 9 }, settled(second.state), identity, storage);
    expect(keysOf(more)).toEqual(['endpoints.json']);
    const [carried] = second.state.unstored;
    const other = edit.rules.findIndex(
      ({ route }) => shardOf(`${route.namespace}/${route.name}`, 4) !== Number(carried?.part?.name),
    );
    const again = { ...edit, rules: edit.rules.with(other, sampleRule(other, '/again')) };
    expect(second.state.routes.parts).toHaveLength(4);
    expect(keysOf(publication(again, second.state, identity, storage))).toEqual([carried?.key, 'routes.json']);
    expect(keysOf(publication(again, settled(second.state), identity, storage))).toEqual(['routes.json']);
    const both = publication(again, second.state, identity, { carryBelowBytes: 200_000 });
    expect(keysOf(both)).toEqual(['routes.json']);
    expect(both.state.unstored).toHaveLength(2);
  });

  test('carries of earlier changes as many as fit beside the newest, and puts only the others into their slots', () => {
    // Two parts fit into it, three do not.
    const storage = { carryBelowBytes: 120_000 };
    const content = sampleContent(400);
    const inPart = (part: number): number =>
      content.rules.findIndex(({ route }) => shardOf(`${route.namespace}/${route.name}`, 4) === part);
    const store: Store = new Map();
    let edited = content;
    let last = publication(content, undefined, identity, storage);
    carryOut(store, last);
    const written = [0, 1, 2, 3].map((part) => {
      edited = { ...edited, rules: edited.rules.with(inPart(part), sampleRule(inPart(part), `/edit-${part}`)) };
      last = publication(edited, last.state, identity, storage);
      carryOut(store, last);
      return last.writes.map(({ part: slot }) => slot?.name ?? 'index');
    });
    expect(written).toEqual([['index'], ['index'], ['1', 'index'], ['2', 'index']]);
    expect(last.state.unstored.map(({ part }) => part?.name)).toEqual(['0', '3']);
    expect(sorted(readBack(store))).toEqual(sorted(edited));
  });

  test('removes a part one publication after the last index that named it', () => {
    const first = publication(sampleContent(60), undefined, identity);
    const second = publication(small, first.state, identity);
    const third = publication({ ...small, gateways: 5 }, second.state, identity);
    expect(first.state.parts.map(keyOf)).toEqual(['routes-0-a.json']);
    expect(second.removals).toEqual([]);
    expect(third.removals).toEqual([{ kind: 'routes', name: '0', slot: 'a' }]);
    expect(third.state.parts).toEqual([]);
  });

  test('keeps the secrets in one part inside their index, however large', () => {
    const secrets = [{ id: 'shop/key', type: 'Opaque', data: { key: 'x'.repeat(400_000) } }] as const;
    const { writes, state } = publication({ ...small, secrets }, undefined, identity);
    expect(writes.map(({ key }) => key)).toEqual(['endpoints.json', 'secrets.json', 'routes.json']);
    expect(state.secrets.parts).toHaveLength(1);
  });

  test('costs an edit of one route among 10,000 a fraction of the first publication', () => {
    const content = sampleContent(10_000);
    const start = performance.now();
    const first = publication(content, undefined, identity);
    const edited = performance.now();
    const second = publication(
      { ...content, rules: content.rules.with(77, sampleRule(77, '/x')) },
      first.state,
      identity,
    );
    const done = performance.now();
    process.stdout.write(`10,000 routes: ${Math.round(edited - start)} ms, an edit ${Math.round(done - edited)} ms\n`);
    expect(first.writes).toHaveLength(19);
    expect(second.writes).toHaveLength(2);
  });
});
