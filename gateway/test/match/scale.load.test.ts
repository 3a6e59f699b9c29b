import { normalisePath } from '@evergate/contract/normalisePath';
import { expect, test } from '@jest/globals';
import type { Matcher } from '../../src/match/matcher.ts';
import { matcherOf, pathOf, ruleOf, targetOf } from './rules.ts';

const ROUNDS = 21;
const REQUESTS = 20_480;
const BATCH = 64;
const HOST = 'shop.example.com';

function rulesOf(count: number) {
  return Array.from({ length: count }, (_, index) =>
    ruleOf(`r${index}`, { hostnames: [HOST], matches: [pathOf('PathPrefix', `/api/route-${index}`)] }),
  );
}

/** Which of `count` routes request number `index` asks for. */
type Traffic = (index: number, count: number) => number;

/** Every route once, then again. */
const inTurn: Traffic = (index, count) => index % count;

/** A tenth of the routes at a time, in no order: what a gateway sees in any second. */
const busyTenth: Traffic = (index, count) => (index * 7_919) % Math.max(10, count / 10);

/** All routes in no order, as often as each other: the worst there is, as each lookup waits for memory that no near cache holds. */
const scattered: Traffic = (index, count) => (index * 7_919) % count;

/** Targets as they come from a socket: fresh texts, a read's worth at a time. */
function batchOf(count: number, from: number, traffic: Traffic): string[] {
  return Array.from({ length: BATCH }, (_, index) =>
    Buffer.from(`/api/route-${traffic(from + index, count)}/items`).toString('latin1'),
  );
}

/** Nanoseconds a request: its path made normal, and its rule found. */
function cost(matcher: Matcher, count: number, traffic: Traffic): number {
  let tookMs = 0;
  let found = 0;
  for (let from = 0; from < REQUESTS; from += BATCH) {
    const targets = batchOf(count, from, traffic);
    const startedAt = performance.now();
    for (const target of targets) {
      const path = normalisePath(target) as string;
      if (matcher.match(targetOf({ host: HOST, path })) !== undefined) found++;
    }
    tookMs += performance.now() - startedAt;
  }
  if (found !== REQUESTS) throw new Error(`${found} of ${REQUESTS} matched`);
  return (tookMs * 1_000_000) / REQUESTS;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

async function compare(
  traffic: Traffic,
): Promise<{ readonly few: number; readonly many: number; readonly ratio: number }> {
  const [fewRoutes, manyRoutes] = [await matcherOf(rulesOf(10)), await matcherOf(rulesOf(10_000))];
  const costs: { few: number[]; many: number[] } = { few: [], many: [] };
  for (let round = 0; round < ROUNDS; round++) {
    costs.few.push(cost(fewRoutes, 10, traffic));
    costs.many.push(cost(manyRoutes, 10_000, traffic));
  }
  const [few, many] = [median(costs.few), median(costs.many)];
  return { few, many, ratio: many / few };
}

test('matching among 10,000 routes takes at most twice as long as among 10', async () => {
  for (const [name, traffic] of Object.entries({ inTurn, busyTenth, scattered })) {
    const { few, many, ratio } = await compare(traffic);
    const line = `${few.toFixed(0)} ns among 10 routes, ${many.toFixed(0)} ns among 10,000: ${ratio.toFixed(2)} times`;
    process.stdout.write(`matching, ${name} traffic: ${line}\n`);
    expect(ratio).toBeLessThan(2);
  }
}, 60_000);
