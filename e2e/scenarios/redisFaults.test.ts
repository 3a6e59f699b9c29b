import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Arena, arenaNamespace, openArena } from '../src/cluster/arena.ts';
import { record, verdict } from '../src/cluster/figures.ts';
import { endingsBetween, type Loads, lastSeen, secondsWith, sideBySide } from '../src/cluster/loads.ts';
import {
  installRedis,
  killPrimary,
  redisCommand,
  redisSettled,
  removeRedis,
  scaleRedis,
} from '../src/cluster/redis.ts';
import { authService, DECISION_SECONDS, installStateFleet, LIMIT, stateAddress } from '../src/cluster/stateFleet.ts';
import type { LoadSettings } from '../src/cluster/underLoad.ts';
import type { LoadResult } from '../src/load/runLoad.ts';

const RATE = 30;
/** Until each gateway has seen each session, and what is shared is in use. */
const WARM_MS = 10_000;
const OUTAGE_MS = 60_000;
/** After Redis or the service is back: until every gateway has found out, and some seconds more. */
const AFTER_MS = 8_000;
/** The last of that: whole seconds in which all must be well. */
const WELL_MS = 4_000;
/** Around a change: until every gateway has found out. */
const NOTICE_MS = 3_000;
/** How soon a client is told that its token cannot be judged. */
const REFUSED_MS = 50;
const AUTH_OUTAGE_MS = (DECISION_SECONDS + 10) * 1_000;

let arena: Arena;
let objects: readonly object[] = [];

beforeAll(async () => {
  arena = await openArena();
  await installRedis(arena);
  objects = await installStateFleet(arena);
  for (let turn = 0; turn < 5; turn += 1)
    await redisCommand(arena, 'set', `session:s${turn}`, `{"user":"user-${turn}"}`, 'ex', '3600');
}, 300_000);

afterAll(async () => {
  await arena.kubectl.delete(objects);
  await removeRedis(arena);
});

function to(route: string, settings: LoadSettings = {}): LoadSettings {
  // On fresh connections most of the time, so that every gateway takes its part.
  return { target: `http://${stateAddress}/${route}`, ratePerSecond: RATE, freshPercent: 70, ...settings };
}

const withSession = { headers: { cookie: 'sid=s{turn}' }, identity: 'user-{turn}' };
const withState = {
  plain: to('plain'),
  limited: to('limited', { refusals: [429] }),
  remembered: to('remembered', withSession),
  strict: to('strict', withSession),
};
const withAuth = {
  plain: to('plain'),
  known: to('checked', { headers: { authorization: 'Bearer user-known' }, identity: 'user-known' }),
  unknown: to('checked', { headers: { authorization: 'Bearer user-{number}' }, identity: 'user-{number}' }),
};

/** Rejects when anything was lost before the fault: then nothing can be said of it. */
function expectQuiet(loads: Loads<string>, faultAt: number): void {
  const before = Object.entries(loads).map(([name, { result }]) => [name, endingsBetween(result, 0, faultAt)] as const);
  for (const [name, { answered = 0, 'status 429': refused = 0, ...lost }] of before) {
    if (Object.keys(lost).length > 0) throw new Error(`not judged: ${name} lost ${JSON.stringify(lost)} before`);
    expect(answered + refused).toBeGreaterThan(0);
  }
}

function expectNothingLost(loads: Loads<string>, ...names: readonly string[]): void {
  for (const name of names) {
    const run = loads[name];
    expect({ name, examples: run?.result.examples.slice(0, 5) }).toEqual({ name, examples: [] });
    expect({ name, ...run?.discrepancies }).toEqual({ name, acknowledgedUnseen: [], postsRepeated: [] });
  }
}

/** Never more than the limit in any second, however they are cut; once more for each change of who counts. */
function expectLimited({ limited }: Loads<'limited'>, changes: number): void {
  const { answered, refused, seconds, timeline } = limited.result;
  expect(answered).toBeLessThanOrEqual(LIMIT * (seconds + 1 + changes));
  expect(answered).toBeGreaterThan((LIMIT / 2) * seconds);
  expect(refused).toBeGreaterThan(0);
  // A machine that stands still for some seconds serves what was due in them later.
  const served = timeline.filter(({ answered: count = 0 }) => count > 0);
  expect(served.length).toBeGreaterThan(0.8 * timeline.length);
}

/** At the end of the story all is as before; where it is not, the seconds before show since when. */
function expectWell(result: LoadResult, endedAt: number): void {
  const last = endingsBetween(result, endedAt - WELL_MS, endedAt);
  const seconds = result.timeline.slice(-20);
  expect({ endings: Object.keys(last), seconds }).toEqual({ endings: ['answered'], seconds });
}

function figuresOf(loads: Loads<string>): Readonly<Record<string, string | number>> {
  const figures = Object.entries(loads).map(([name, { result }]) => {
    const { sent, answered, refused, lost, reasons, latency } = result;
    const why = lost > 0 ? ` to ${JSON.stringify(reasons)}` : '';
    const counts = `${sent} requests, ${answered} answered, ${refused} refused, ${lost} lost${why}`;
    return [name, `${counts}; p50 ${latency.p50Ms.toFixed(1)} ms, p99 ${latency.p99Ms.toFixed(1)} ms`] as const;
  });
  return Object.fromEntries(figures);
}

test('the primary of Redis killed: sessions survive, limits go on, and routes without them lose nothing', async () => {
  let [faultAt, endedAt, named] = [0, 0, { from: 0, to: 0 }];
  const loads = await sideBySide(arena, withState, async () => {
    await delay(WARM_MS);
    faultAt = Date.now();
    named = await killPrimary(arena);
    await delay(AFTER_MS);
    endedAt = Date.now();
  });
  await redisSettled(arena);
  const lastMs = Math.round(lastSeen(loads.strict.result, 'status 503'));
  await record('Redis: primary killed', {
    ...figuresOf(loads),
    'seconds with 503 for sessions, onFailure Deny': secondsWith(loads.strict.result, 'status 503'),
    'the last of them after another primary was named, ms': `${lastMs - named.to} to ${lastMs - named.from}`,
  });
  expectQuiet(loads, faultAt);
  expectNothingLost(loads, 'plain', 'limited', 'remembered');
  expectLimited(loads, 2);
  expect(Object.keys(loads.strict.result.reasons)).toEqual(['status 503']);
  expectWell(loads.strict.result, endedAt);
});

test('Redis gone for a minute: limits go on in shares, sessions as onFailure says, and all is well when it is back', async () => {
  let [faultAt, goneAt, backAt, endedAt, counters] = [0, 0, 0, 0, ''];
  const loads = await sideBySide(arena, withState, async () => {
    await delay(WARM_MS);
    faultAt = Date.now();
    await scaleRedis(arena, 0);
    goneAt = Date.now();
    await delay(OUTAGE_MS);
    backAt = Date.now();
    await scaleRedis(arena, 3);
    await delay(AFTER_MS);
    counters = await redisCommand(arena, '--scan', '--pattern', 'evergate:*limit:*');
    endedAt = Date.now();
  });
  const { strict, limited } = loads;
  const refusals = strict.result.latencies['status 503'];
  await record(`Redis: scaled to 0 for ${OUTAGE_MS / 1_000} s`, {
    ...figuresOf(loads),
    'limited, admitted a second while it was gone': answeredPerSecond(limited.result, goneAt, backAt),
    '503 for sessions, p99 ms': refusals?.p99Ms ?? Number.NaN,
  });
  expectQuiet(loads, faultAt);
  expectNothingLost(loads, 'plain', 'limited', 'remembered');
  expectLimited(loads, 2);
  expect(answeredPerSecond(limited.result, goneAt + NOTICE_MS, backAt)).toBeLessThanOrEqual(LIMIT + 1);
  expect(Object.keys(endingsBetween(strict.result, goneAt + NOTICE_MS, backAt))).toEqual(['status 503']);
  expect(Object.keys(strict.result.reasons)).toEqual(['status 503']);
  expectWell(strict.result, endedAt);
  expect(counters).toContain('limit:');
});

function answeredPerSecond(result: LoadResult, from: number, to: number): number {
  const seconds = Math.floor((to - from) / 1_000);
  return (endingsBetween(result, from, to)['answered'] ?? 0) / seconds;
}

test('the service that authenticates gone: known tokens go on, unknown ones get 503, and others notice nothing', async () => {
  const scale = (replicas: number): Promise<string> =>
    arena.kubectl.run(['-n', arenaNamespace, 'scale', `deployment/${authService}`, `--replicas=${replicas}`]);
  let [faultAt, goneAt, backAt, endedAt] = [0, 0, 0, 0];
  const loads = await sideBySide(arena, withAuth, async () => {
    await delay(WARM_MS);
    faultAt = Date.now();
    await scale(0);
    await arena.kubectl.run(['-n', arenaNamespace, 'wait', '--for=delete', 'pod', '-l', `app=${authService}`]);
    goneAt = Date.now();
    await delay(AUTH_OUTAGE_MS);
    backAt = Date.now();
    await scale(2);
    const status = ['rollout', 'status', `deployment/${authService}`, '--timeout=120s'];
    await arena.kubectl.run(['-n', arenaNamespace, ...status]);
    await delay(AFTER_MS);
    endedAt = Date.now();
  });
  const { unknown } = loads;
  const refusals = unknown.result.latencies['status 503'];
  const isFit = loads.plain.result.latency.p50Ms < REFUSED_MS / 2;
  await record('External authentication: scaled to 0', {
    ...figuresOf(loads),
    '503 for unknown tokens, p50 ms': refusals?.p50Ms ?? Number.NaN,
    '503 for unknown tokens, p99 ms': refusals?.p99Ms ?? Number.NaN,
    'p50 of that within its bound': verdict(refusals?.p50Ms ?? Number.NaN, REFUSED_MS, isFit),
  });
  expectQuiet(loads, faultAt);
  expectNothingLost(loads, 'plain', 'known');
  expect(Object.keys(endingsBetween(unknown.result, goneAt + NOTICE_MS, backAt))).toEqual(['status 503']);
  expect(Object.keys(unknown.result.reasons)).toEqual(['status 503']);
  expectWell(unknown.result, endedAt);
});
