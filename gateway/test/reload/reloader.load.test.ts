import type { Rule } from '@evergate/contract/routeTable';
import { expect, test } from '@jest/globals';
import { EventLoopMonitor } from '../../src/observe/eventLoop.ts';
import { ruleOf } from '../match/rules.ts';
import { Publisher, routesFields, routesPart } from './publisher.ts';
import { Rig } from './rig.ts';

test('10,000 rules are taken in without a block of 25 ms of CPU time, and an edit of one compiles one', async () => {
  await using publisher = await Publisher.create();
  await using rig = new Rig(publisher);
  const rules: Rule[] = Array.from({ length: 10_000 }, (_, i) =>
    ruleOf(`route-${i}`, {
      hostnames: [`h${i % 100}.example.com`],
      matches: [{ path: { type: 'PathPrefix', value: `/api/${i}` }, method: 'GET', headers: [], queryParams: [] }],
      backends: [{ backend: `shop/service-${i % 50}:80`, weight: 1 }],
    }),
  );
  const parts = Array.from({ length: 16 }, (_, part) => rules.filter((_, i) => i % 16 === part));
  await publisher.routes(parts);
  const monitor = new EventLoopMonitor();
  const start = performance.now();
  await rig.reloader.start();
  await rig.swapped('routes', 1);
  const loaded = performance.now();
  const block = monitor.takeLongest();
  const edited = [
    [...(parts[0] ?? []).slice(1), ruleOf('one', { hostnames: ['edited.example.com'] })],
    ...parts.slice(1),
  ];
  const index = await publisher.parts('routes', edited.map(routesPart), routesFields);
  monitor.takeLongest();
  const published = performance.now();
  await publisher.write('routes.json', index);
  await rig.swapped('routes', 2);
  const swapped = performance.now();
  const editBlock = monitor.takeLongest();
  monitor.close();
  process.stdout.write(
    `10,000 rules in ${Math.round(loaded - start)} ms, longest block ${block.cpuMs.toFixed(1)} ms CPU; ` +
      `an edit in ${Math.round(swapped - published)} ms, ${editBlock.cpuMs.toFixed(1)} ms CPU\n`,
  );
  expect(rig.ruleIds).toHaveLength(10_000);
  expect(rig.compiledRules).toBe(10_000 + 1);
  expect(Math.max(block.cpuMs, editBlock.cpuMs)).toBeLessThan(25);
}, 30_000);
