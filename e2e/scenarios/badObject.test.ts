import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Arena, arenaNamespace, openArena } from '../src/cluster/arena.ts';
import { type Condition, routeConditions } from '../src/cluster/conditions.ts';
import { eventually } from '../src/cluster/eventually.ts';
import { serviceWithSlice } from '../src/cluster/manualBackend.ts';
import { backendRule, crowdHost, editText, routeObject, textRule } from '../src/cluster/routes.ts';
import { effectiveMs, flaws, probe } from '../src/cluster/steps.ts';
import { underLoad } from '../src/cluster/underLoad.ts';
import type { Expectation } from '../src/prober/probe.ts';

const STATUS_MS = 30_000;
const host = 'bad.test';

/** 1.4 MB, of rules as large as the schema allows. */
const largeRules = Array.from({ length: 22 }, (_, number) => textRule(`/large/${number}`, randomText(65_000)));

const good = routeObject({
  name: 'bad-later',
  hostnames: [`later.${host}`],
  rules: [backendRule('/', 'stable'), textRule('/text', 'before')],
});
const bad: Readonly<Record<string, object>> = {
  missing: routeObject({
    name: 'bad-missing',
    hostnames: [`missing.${host}`],
    rules: [backendRule('/broken', 'nowhere'), textRule('/text', 'good')],
  }),
  conflicting: routeObject({ name: 'bad-conflicting', hostnames: [crowdHost(7)], rules: [textRule('/text', 'taken')] }),
  large: routeObject({ name: 'bad-large', hostnames: [`large.${host}`], rules: largeRules }),
  empty: routeObject({ name: 'bad-empty', hostnames: [`empty.${host}`], rules: [backendRule('/', 'empty')] }),
};
const emptyBackend = serviceWithSlice('empty', []);

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

afterAll(() => arena.kubectl.delete([good, ...Object.values(bad), ...emptyBackend]));

test('bad objects of every kind harm themselves only: nothing is lost, and others are updated as before', async () => {
  await arena.kubectl.apply([good, ...emptyBackend]);
  await arena.kubectl.run([
    '-n',
    arenaNamespace,
    'wait',
    '--for=condition=Ready',
    'gatewayroute/bad-later',
    '--timeout=60s',
  ]);
  const run = await underLoad(arena, 'bad-objects', async () => {
    for (const object of Object.values(bad)) {
      await arena.kubectl.apply([object]);
      await expectAnEditToBeEffective();
    }
    const worse = routeObject({
      name: 'bad-later',
      hostnames: [`later.${host}`],
      rules: [backendRule('/', 'nowhere'), textRule('/text', 'after')],
    });
    await arena.kubectl.apply([worse]);
    await expectAnEditToBeEffective();
  });
  expect(run.result.examples.slice(0, 5)).toEqual([]);
  expect(run.discrepancies).toEqual({ acknowledgedUnseen: [], postsRepeated: [] });
});

test('the good rules of a bad route are served, a rule that was good as it last was, and what others had stays theirs', async () => {
  await expectAnswer(`missing.${host}`, '/text', { status: 200, body: 'good' });
  await expectAnswer(`missing.${host}`, '/broken', { status: 500 });
  await expectAnswer(`later.${host}`, '/text', { status: 200, body: 'after' });
  await expectAnswer(`later.${host}`, '/page', { status: 200, headers: { 'content-type': 'application/json' } });
  await expectAnswer(`empty.${host}`, '/', { status: 503 });
  const [conflict] = await probe(
    arena,
    [
      {
        name: 'taken',
        calls: [],
        question: { host: crowdHost(7), path: '/text' },
        until: { body: 'taken' },
        before: [{}],
      },
    ],
    { limitMs: 1_000 },
  );
  expect(conflict?.effectiveMs.every((ms) => ms === null)).toBe(true);
});

test.each([
  ['missing', 'ResolvedRefs', 'False', /Service evergate-e2e\/nowhere.*/],
  ['later', 'ResolvedRefs', 'False', /Service evergate-e2e\/nowhere.*/],
  ['later', 'LastKnownGood', 'True', /generation 1/],
  ['conflicting', 'Conflicted', 'True', /evergate-e2e-crowd\/r7.*change the match or the hostnames/],
] as const)(
  'the status of the %s route says what is wrong, where, and what to do',
  async (name, type, status, message) => {
    const condition = await eventually(STATUS_MS, `condition ${type} of the ${name} route`, async () => {
      const conditions = await routeConditions(arena.kubectl, arenaNamespace, `bad-${name}`);
      return conditions.find((one: Condition) => one.type === type && one.status === status);
    });
    expect(condition.message).toMatch(message);
  },
);

async function expectAnEditToBeEffective(): Promise<void> {
  const body = `beside ${Date.now()}`;
  const results = await probe(arena, [
    {
      name: body,
      calls: [editText(2, body)],
      question: { host: crowdHost(2), path: '/text' },
      until: { body },
      before: [{ status: 200 }],
    },
  ]);
  expect(flaws(results)).toEqual([]);
  expect(effectiveMs(results)[0]).toBeLessThan(10_000);
}

async function expectAnswer(name: string, path: string, until: Expectation): Promise<void> {
  const results = await probe(arena, [{ name, calls: [], question: { host: name, path }, until, before: [{}] }]);
  expect({ name, path, inTime: effectiveMs(results)[0] !== Number.POSITIVE_INFINITY }).toEqual({
    name,
    path,
    inTime: true,
  });
}

/** Text that does not compress away. */
function randomText(length: number): string {
  const letters = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(letters, (letter) => String.fromCharCode(97 + (letter % 26))).join('');
}
