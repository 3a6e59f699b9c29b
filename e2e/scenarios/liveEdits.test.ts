import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { type Arena, openArena } from '../src/cluster/arena.ts';
import { median, record } from '../src/cluster/figures.ts';
import { crowdHost, editText } from '../src/cluster/routes.ts';
import { effectiveMs, flaws, probe } from '../src/cluster/steps.ts';
import { type Accounted, runOf } from '../src/cluster/underLoad.ts';
import type { Step, StepResult } from '../src/prober/step.ts';

const ROUNDS = 5;
const EDITS_PER_ROUND = 100;
const QUIET_MS = 10_000;
/** A neighbour's rounds: figures without the fault that differ by more say nothing. */
const NOISE = 2;

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

/** Ten a second, each of another route. */
function edits(round: number): readonly Step[] {
  return Array.from({ length: EDITS_PER_ROUND }, (_, edit): Step => {
    const number = round * EDITS_PER_ROUND + edit;
    const body = `live ${number}`;
    const question = { host: crowdHost(number), path: '/text' };
    return { name: body, calls: [editText(number, body)], question, until: { body }, before: [{ status: 200 }] };
  });
}

test('500 live edits lose nothing, streams included, and requests take no longer than twice their time', async () => {
  const quiet: Accounted[] = [];
  const edited: Accounted[] = [];
  const steps: StepResult[] = [];
  const streams = { downloadSeconds: 5, webSocket: true, eventStream: true };
  for (let round = 0; round < ROUNDS; round += 1) {
    quiet.push(await runOf(arena, 'edits-quiet', streams, () => delay(QUIET_MS)));
    edited.push(
      await runOf(arena, 'edits', streams, async () => {
        steps.push(...(await probe(arena, edits(round), { parallel: 2, gapMs: 200, pollMs: 50 })));
      }),
    );
  }
  const lostQuiet = sum(quiet, ({ result }) => result.lost + result.notSent);
  if (lostQuiet > 0) throw new Error(`not judged: without edits ${lostQuiet} were lost`);
  const ratios = edited.map(({ result }, round) => result.latency.p99Ms / (quiet[round]?.result.latency.p99Ms ?? 0));
  const quietP99 = quiet.map(({ result }) => result.latency.p99Ms);
  await record(`${steps.length} live edits under load`, {
    requests: sum(edited, ({ result }) => result.sent),
    lost: sum(edited, ({ result }) => result.lost),
    'broken streams': sum(edited, brokenStreams),
    'p99 with edits / without, median of the rounds': median(ratios),
    'p99 without edits, each round, ms': quietP99.map((ms) => ms.toFixed(1)).join(' '),
    'p99 with edits, each round, ms': edited.map(({ result }) => result.latency.p99Ms.toFixed(1)).join(' '),
  });
  expect(edited.flatMap(({ result }) => result.examples)).toEqual([]);
  expect(edited.flatMap(({ discrepancies }) => Object.values(discrepancies).flat())).toEqual([]);
  expect(sum(edited, brokenStreams)).toBe(0);
  expect(flaws(steps)).toEqual([]);
  expect(Math.max(...effectiveMs(steps))).toBeLessThan(10_000);
  if (Math.max(...quietP99) <= NOISE * Math.min(...quietP99)) expect(median(ratios)).toBeLessThan(2);
});

function brokenStreams({ result }: Accounted): number {
  return Object.values(result.streams).reduce((broken, stream) => broken + stream.broken, 0);
}

function sum(runs: readonly Accounted[], count: (run: Accounted) => number): number {
  return runs.reduce((total, run) => total + count(run), 0);
}
