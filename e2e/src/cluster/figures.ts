import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resultsDirectory } from './findCluster.ts';

const file = join(resultsDirectory, 'figures.md');

/** What a scenario found: printed, and kept in results/figures.md. */
export async function record(scenario: string, figures: Readonly<Record<string, string | number>>): Promise<void> {
  const lines = Object.entries(figures).map(([name, value]) => `- ${name}: ${shown(value)}`);
  const text = `## ${scenario}\n${lines.join('\n')}\n\n`;
  process.stdout.write(text);
  await appendFile(file, text);
}

function shown(value: string | number): string {
  return typeof value === 'string' || Number.isInteger(value) ? `${value}` : value.toFixed(1);
}

/** The value that `share` of them do not exceed; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
