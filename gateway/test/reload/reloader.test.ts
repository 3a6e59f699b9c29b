import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Timers } from '../../src/reload/timers.ts';
import { systemTimers } from '../../src/reload/timers.ts';
import { compileSnapshot } from '../../src/snapshot/compile.ts';
import { ruleOf } from '../match/rules.ts';
import { endpointsOf, Publisher, routesFields, routesPart, sha256 } from './publisher.ts';
import { Rig } from './rig.ts';

const one = ruleOf('one');
const two = ruleOf('two');
const oneEdited = ruleOf('one', { hostnames: ['edited.example.com'] });

let publisher: Publisher;
let rig: Rig;

beforeEach(async () => {
  publisher = await Publisher.create();
  rig = new Rig(publisher);
});

afterEach(async () => {
  await rig.reloader.close();
  await publisher[Symbol.asyncDispose]();
});

/** Serves rules `one` and `two`, each in a part of its own, as sequence 1. */
async function serveTwo(): Promise<void> {
  await publisher.routes([[one], [two]]);
  await rig.reloader.start();
  await rig.swapped('routes', 1);
}

function expectLastGood(): void {
  expect(rig.ruleIds).toEqual([one.id, two.id]);
  expect(rig.reloader.status).toMatchObject({ stale: true, documents: { routes: { sequence: 1 } } });
}

/** The system's timers, with waits for what routes need shortened or held for ever. */
function timersWith(needsWaitMs: number): Timers {
  return {
    now: systemTimers.now,
    after: (delayMs, run) => systemTimers.after(delayMs === 2_000 ? needsWaitMs : delayMs, run),
  };
}

describe('Reloader', () => {
  test('serves what is in the directory at the start', async () => {
    await publisher.endpoints([endpointsOf('shop/one:80')]);
    await publisher.secrets(['shop/key']);
    await publisher.routes([[one], [two]], { needs: { endpoints: 1, secrets: 1 } });
    await rig.reloader.start();
    await rig.swapped('routes', 1);
    expect(rig.ruleIds).toEqual([one.id, two.id]);
    expect(rig.endpoints).toEqual([endpointsOf('shop/one:80')]);
    expect(rig.reloader.status).toMatchObject({
      documents: { routes: { sequence: 1 }, endpoints: { sequence: 1 }, secrets: { sequence: 1 } },
      stale: false,
      waitingRules: [],
      refused: [],
    });
  });

  test('swaps in a new version, and parses and compiles only the part that changed', async () => {
    await serveTwo();
    const before = rig.snapshot;
    expect(rig.compiledRules).toBe(2);
    await publisher.routes([[oneEdited], [two]]);
    expect(await rig.swapped('routes', 2)).toMatchObject({ parsedParts: 1 });
    expect(rig.compiledRules).toBe(3);
    expect(rig.snapshot?.rules[1]).toBe(before?.rules[1]);
    expect(before?.rules.map(({ rule }) => rule.hostnames)).toEqual([['*'], ['*']]);
    expect(rig.snapshot?.rules[0]?.rule.hostnames).toEqual(['edited.example.com']);
  });

  test.each([
    ['text that is no JSON', '{"kind":'],
    ['another kind', JSON.stringify({ kind: 'endpoints' })],
    ['nothing', ''],
  ])('keeps the last good table when the index is %s', async (_, text) => {
    await serveTwo();
    await publisher.write('routes.json', text);
    await rig.refused();
    expectLastGood();
  });

  test('keeps the last good table for a version or feature it does not know, and names it', async () => {
    await serveTwo();
    await publisher.routes([[one]], { version: 7 });
    expect(await rig.refused()).toContain('version: found 7');
    await publisher.routes([[one]], { requires: ['teleport'] });
    expect(await rig.refused(2)).toContain('requires[0]: found "teleport"');
    expectLastGood();
  });

  test('keeps the last good table for a part that is not valid, and names every problem', async () => {
    await serveTwo();
    await publisher.document('routes', [JSON.stringify({ rules: [{ ...one, hostnames: 7 }] })], routesFields);
    expect(await rig.refused()).toBe(
      'routes-0-b.json rules[0].hostnames: found 7, accepted is a list\n' +
        'routes-0-b.json backends: found nothing, accepted is a list of at most 100000',
    );
    expectLastGood();
  });

  test('keeps the last good table for a part that is missing', async () => {
    await serveTwo();
    const parts = [{ name: '0', slot: 'b', hash: 'a'.repeat(64) }];
    await publisher.routes([[one]], { parts });
    expect(await rig.refused()).toBe('routes-0-b.json: found nothing: routes-0-b.json is missing');
    expectLastGood();
  });

  test.each([
    ['truncated', (text: string) => text.slice(0, -10)],
    ['of another hash', (text: string) => text.replace('*', 'x.example.com')],
  ])('keeps the last good table for a part that is %s', async (_, spoil) => {
    await serveTwo();
    const parts = [{ name: '9', slot: 'a', hash: 'a'.repeat(64) }];
    await publisher.write('routes-9-a.json', spoil(routesPart([one])));
    await publisher.routes([[one]], { parts });
    expect(await rig.refused()).toContain(`accepted is ${'a'.repeat(64)}`);
    expectLastGood();
  });

  test('is no longer stale once the good index is back, or a newer one has come', async () => {
    await serveTwo();
    await publisher.write('routes.json', 'broken');
    await rig.refused();
    await publisher.routes([[one]]);
    await rig.swapped('routes', 2);
    expect(rig.reloader.status).toMatchObject({ stale: false, refused: [] });
  });

  test('waits for a part that comes a moment after its index', async () => {
    await serveTwo();
    const text = routesPart([two]);
    await publisher.write('routes-5-a.json', 'half');
    await publisher.routes([[one]], { parts: [{ name: '5', slot: 'a', hash: sha256(text) }] });
    await writeFile(join(publisher.root, 'routes-5-a.json'), text);
    await rig.swapped('routes', 2);
    expect(rig.ruleIds).toEqual([two.id]);
    expect(rig.events.filter(({ type }) => type === 'refused')).toEqual([]);
  });

  test('never serves an older version after a newer one', async () => {
    await serveTwo();
    await publisher.routes([[one]], { sequence: 9 });
    await rig.swapped('routes', 9);
    await publisher.routes([[two]], { sequence: 8 });
    expect(await rig.event('older')).toMatchObject({ offered: { sequence: 8 }, newest: { sequence: 9 } });
    await publisher.routes([[two]], { sequence: 1, epoch: 2 });
    await rig.event('swapped', ({ order }) => order.epoch === 2);
    await publisher.routes([[one]], { sequence: 99 });
    await rig.event('older', ({ offered }) => offered.sequence === 99);
    expect(rig.ruleIds).toEqual([two.id]);
  });

  test("takes over another fleet's documents, and says so", async () => {
    await serveTwo();
    await publisher.routes([[two]], { sequence: 1, fleetUID: 'uid-2' });
    expect(await rig.event('anotherFleet')).toMatchObject({ from: 'uid-1', to: 'uid-2' });
    await rig.event('swapped', ({ order }) => order.fleetUID === 'uid-2');
    expect(rig.ruleIds).toEqual([two.id]);
  });

  test('refuses other content under the same sequence', async () => {
    await serveTwo();
    await publisher.routes([[two]], { sequence: 1 });
    expect(await rig.refused()).toContain('two writers');
    expectLastGood();
  });

  test('serves a table without the rules that do not compile, and says which', async () => {
    const broken = ruleOf('broken', {
      matches: [{ path: { type: 'RegularExpression', value: '(' }, headers: [], queryParams: [] }],
    });
    await publisher.routes([[one, broken]]);
    await rig.reloader.start();
    const { problems } = await rig.event('leftOut');
    expect(problems[0]?.path).toBe('shop/broken/0 matches[0].path.value');
    expect(rig.ruleIds).toEqual([one.id]);
    expect(rig.reloader.status.leftOut).toEqual(problems);
  });

  test('goes on when compiling or swapping throws', async () => {
    let failures = 1;
    await rig.reloader.close();
    rig = new Rig(publisher, {
      compileSnapshot: (parts, breathe) => {
        if (failures-- > 0) throw new Error('a bug');
        return compileSnapshot(parts, breathe);
      },
    });
    await publisher.routes([[one]]);
    await rig.reloader.start();
    expect(await rig.event('failed')).toMatchObject({ error: { message: 'a bug' } });
    await publisher.routes([[two]]);
    await rig.swapped('routes', 2);
    expect(rig.ruleIds).toEqual([two.id]);
  });

  test('loads the latest of the versions that come while one is being loaded', async () => {
    const gate = Promise.withResolvers<void>();
    await rig.reloader.close();
    rig = new Rig(publisher, {
      compileSnapshot: async (parts, breathe) => {
        if (parts.order.sequence === 2) await gate.promise;
        return compileSnapshot(parts, breathe);
      },
    });
    await serveTwo();
    for (const name of ['second', 'third', 'fourth', 'last']) await publisher.routes([[ruleOf(name)]]);
    gate.resolve();
    await rig.swapped('routes', 5);
    expect(rig.ruleIds).toEqual(['shop/last/0']);
    const sequences = rig.events.flatMap((event) => (event.type === 'swapped' ? [event.order.sequence] : []));
    expect(sequences).toEqual([...new Set(sequences)].sort());
  });
});

describe('Reloader, where routes need endpoints', () => {
  const rule = ruleOf('one', { backends: [{ backend: 'shop/one:80', weight: 1 }] });

  test('swaps routes in when the endpoints they need have come', async () => {
    await rig.reloader.close();
    rig = new Rig(publisher, { timers: timersWith(600_000) });
    await publisher.routes([[rule]], { needs: { endpoints: 2, secrets: 0 } });
    await publisher.endpoints([]);
    await rig.reloader.start();
    await rig.swapped('endpoints', 1);
    expect(rig.snapshot).toBeUndefined();
    await publisher.endpoints([endpointsOf('shop/one:80')]);
    await rig.swapped('routes', 1);
    expect(rig.changes.map(({ kind }) => kind)).toEqual(['endpoints', 'endpoints', 'routes']);
    expect(rig.reloader.status.waitingRules).toEqual([]);
  });

  test('swaps them in all the same when the time is up, and names the rules that wait', async () => {
    await rig.reloader.close();
    rig = new Rig(publisher, { timers: timersWith(30) });
    await publisher.routes([[rule, two]], { needs: { endpoints: 1, secrets: 0 } });
    await rig.reloader.start();
    await rig.swapped('routes', 1);
    expect((await rig.event('waiting')).rules).toEqual([rule.id]);
    expect(rig.reloader.status.waitingRules).toEqual([rule.id]);
    await publisher.endpoints([endpointsOf('shop/one:80')]);
    await rig.swapped('endpoints', 1);
    expect(rig.reloader.status.waitingRules).toEqual([]);
  });

  test('swaps endpoints without touching routes', async () => {
    await publisher.endpoints([endpointsOf('shop/one:80'), endpointsOf('shop/two:80')]);
    await publisher.routes([[rule]]);
    await rig.reloader.start();
    await rig.swapped('routes', 1);
    await publisher.endpoints([endpointsOf('shop/one:80', 3), endpointsOf('shop/two:80')]);
    await rig.swapped('endpoints', 2);
    expect(rig.endpoints).toEqual([endpointsOf('shop/one:80', 3), endpointsOf('shop/two:80')]);
    expect(rig.changes.filter(({ kind }) => kind === 'routes')).toHaveLength(1);
  });

  test('keeps the endpoints that a document drops until the routes that used them are gone', async () => {
    await publisher.endpoints([endpointsOf('shop/one:80'), endpointsOf('shop/two:80')]);
    await publisher.routes([[rule]]);
    await rig.reloader.start();
    await rig.swapped('routes', 1);
    await publisher.endpoints([endpointsOf('shop/two:80')]);
    await rig.swapped('endpoints', 2);
    expect(rig.endpoints).toEqual([endpointsOf('shop/two:80'), endpointsOf('shop/one:80')]);
    await publisher.routes([[two]]);
    await rig.swapped('routes', 2);
    expect(rig.endpoints).toEqual([endpointsOf('shop/two:80')]);
  });
});
