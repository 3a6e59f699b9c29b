import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Arena, openArena } from '../src/cluster/arena.ts';
import { record } from '../src/cluster/figures.ts';
import { createServiceWithSlice, serviceWithSlice, upstreamAddresses } from '../src/cluster/manualBackend.ts';
import { backendRule, createRoute, routeObject } from '../src/cluster/routes.ts';
import { distribution, effectiveMs, flawed, flaws, probe } from '../src/cluster/steps.ts';
import type { Step } from '../src/prober/step.ts';

const ROUTES = 200;
const PARALLEL = 4;

const names = Array.from({ length: ROUTES }, (_, number) => `new-${number}`);
let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

afterAll(async () => {
  const made = names.flatMap((name) => [routeObject({ name, rules: [] }), ...serviceWithSlice(name, [])]);
  await arena.kubectl.startDeletion(made);
});

test('a new route to a new backend answers 404, then 200, and nothing else', async () => {
  const [backend] = await upstreamAddresses(arena, 'stable');
  const address = backend?.address ?? '';
  const steps = names.map((name): Step => {
    const host = `${name}.test`;
    const route = routeObject({ name, hostnames: [host], rules: [backendRule('/', name)] });
    return {
      name,
      calls: [...createServiceWithSlice(name, [address]), createRoute(route)],
      question: { host, path: '/' },
      until: { status: 200 },
      before: [{ status: 404 }],
    };
  });
  const results = await probe(arena, steps, { parallel: PARALLEL, pollMs: 10 });
  await record(`Order: ${ROUTES} new routes to new backends, ${PARALLEL} at a time`, {
    ...distribution('until 200 in every pod', effectiveMs(results)),
    answers: results.reduce((sum, { asked }) => sum + asked, 0),
    'routes with other answers than 404 and 200': flawed(results),
  });
  expect(flaws(results)).toEqual([]);
  expect(Math.max(...effectiveMs(results))).toBeLessThan(10_000);
});
