import { expect, test } from '@jest/globals';
import { summarise } from '../../src/report/summary.ts';
import { formatTable } from '../../src/report/table.ts';
import { summaryOf } from './summaries.ts';

test('a table gives each figure as median, minimum and ratio to Evergate', () => {
  const [, ours, theirs] = formatTable([summaryOf('evergate', 40), summaryOf('envoy', 50)]).split('\n');
  expect(ours).toContain('40.0 (39.0)  1.00x');
  expect(theirs).toContain('50.0 (49.0)  1.25x');
});

test('a table without Evergate has figures and no ratios', () => {
  const row = formatTable([summaryOf('envoy', 50)]).split('\n')[1];
  expect(row).toContain('50.0 (49.0)');
  expect(row).not.toContain('x');
});

test('a target without rounds that count has no figures', () => {
  const row = formatTable([summaryOf('evergate', 40), summarise('envoy', [])]).split('\n')[2];
  expect(row?.split(/\s+/)).toEqual(['envoy', '0', ...Array.from({ length: 10 }, () => '-')]);
});

test('columns stand below each other', () => {
  const lines = formatTable([summaryOf('evergate', 40), summaryOf('envoy', 1_050)]).split('\n');
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
});
