import type { Spread } from './statistics.ts';
import type { Summary } from './summary.ts';

interface Metric {
  readonly title: string;
  readonly digits: number;
  readonly pick: (summary: Summary) => Spread;
}

const metrics: readonly Metric[] = [
  { title: 'requests/s', digits: 0, pick: (summary) => summary.requestsPerSecond },
  { title: 'p50 ms', digits: 2, pick: (summary) => summary.p50Ms },
  { title: 'p99 ms', digits: 2, pick: (summary) => summary.p99Ms },
  { title: 'CPU us/request', digits: 1, pick: (summary) => summary.cpuMicros },
  { title: 'resident MiB', digits: 0, pick: (summary) => summary.residentMiB },
];

const ABSENT = '-';

/**
 * A line a target; each figure as the median over its rounds, the minimum in parentheses, and the median's ratio to Evergate's.
 */
export function formatTable(summaries: readonly Summary[]): string {
  const ours = summaries.find(({ target }) => target === 'evergate');
  const head = ['target', 'rounds', ...metrics.flatMap(({ title }) => [title, 'ratio'])];
  const rows = summaries.map((summary) => [
    summary.target,
    `${summary.rounds}`,
    ...metrics.flatMap((metric) => formatMetric(metric, summary, ours)),
  ]);
  return alignColumns([head, ...rows]);
}

function formatMetric({ pick, digits }: Metric, summary: Summary, ours: Summary | undefined): readonly string[] {
  const { median, minimum } = pick(summary);
  if (Number.isNaN(median)) return [ABSENT, ABSENT];
  const ratio = ours === undefined ? Number.NaN : median / pick(ours).median;
  return [
    `${median.toFixed(digits)} (${minimum.toFixed(digits)})`,
    Number.isNaN(ratio) ? ABSENT : `${ratio.toFixed(2)}x`,
  ];
}

/** The first column begins at the left, the others end at the right. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  return lines.join('\n');
}
