import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Arena, crowdNamespace, crowdSize, openArena } from '../src/cluster/arena.ts';
import { FIT_MS, quantile, record, verdict } from '../src/cluster/figures.ts';
import { changeFleet } from '../src/cluster/fleet.ts';
import { crowdHost, editText } from '../src/cluster/routes.ts';
import { bareMs, distribution, effectiveMs, flaws, probe } from '../src/cluster/steps.ts';
import type { Step } from '../src/prober/step.ts';

/** Two hundred edits two seconds apart, and the gateways rolled before. */
const TEST_MS = 600_000;

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

afterAll(() => changeFleet(arena, { delivery: 'Watch' }, 3));

/** Each edits another route of the crowd, once. */
function edits(count: number, round: string): readonly Step[] {
  return Array.from({ length: count }, (_, edit): Step => {
    const number = (edit * 37) % crowdSize;
    const body = `${round} ${edit}`;
    return {
      name: `edit ${edit}`,
      calls: [editText(number, body)],
      question: { host: crowdHost(number), path: '/text' },
      until: { status: 200, body },
      // Whatever text an earlier edit gave it.
      before: [{ status: 200 }],
      programmed: `${crowdNamespace}/r${number}`,
    };
  });
}

interface Series {
  readonly delivery: 'Watch' | 'Mount';
  readonly count: number;
  readonly gapMs: number;
  /** Shares of the edits, and in how many milliseconds they must be effective. */
  readonly bounds: readonly (readonly [share: number, ms: number])[];
}

/**
 * Mounts of a pod are brought up to date when its kubelet comes to the pod again, for which it waits until it has looked at all containers
 * anew, once a second (its `podCache.GetNewerThan`): edits closer together than that wait for it, whoever makes them.
 */
const series: readonly Series[] = [
  {
    delivery: 'Watch',
    count: 200,
    gapMs: 500,
    bounds: [
      [0.5, 40],
      [0.99, 150],
    ],
  },
  { delivery: 'Mount', count: 200, gapMs: 2_000, bounds: [[0.99, 500]] },
  { delivery: 'Mount', count: 50, gapMs: 500, bounds: [] },
];

test.each(series)(
  'with delivery $delivery an edit every $gapMs ms is soon effective in every pod, and Programmed is true',
  async ({ delivery, count, gapMs, bounds }) => {
    await changeFleet(arena, { delivery }, 3);
    const bare = await bareMs(arena);
    const results = await probe(arena, edits(count, `${delivery} ${gapMs}`), { gapMs });
    const effective = effectiveMs(results);
    await record(`Propagation among ${crowdSize} routes, ${delivery}, ${count} edits, one every ${gapMs} ms`, {
      ...distribution('effective in every pod', effective),
      ...distribution(
        'Programmed heard',
        results.map(({ programmedMs }) => programmedMs ?? Number.POSITIVE_INFINITY),
      ),
      'requests after Programmed that saw the old': results.flatMap(({ untrue }) => untrue).length,
      ...Object.fromEntries(
        bounds.map(([share, ms]) => [
          `p${share * 100} within its bound`,
          verdict(quantile(effective, share), ms, bare <= FIT_MS),
        ]),
      ),
      'two bare changes and watches, p99 ms': bare,
    });
    expect(flaws(results)).toEqual([]);
    expect(Math.max(...effective)).toBeLessThan(10_000);
    expect(results.every(({ programmedMs }) => programmedMs !== null)).toBe(true);
    if (bare > FIT_MS) return;
    for (const [share, ms] of bounds) expect(quantile(effective, share)).toBeLessThan(ms);
  },
  TEST_MS,
);
