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

/** With two bare changes and watches above this (p99, milliseconds) the machine does other things as well; a quiet one takes 6 to 10. */
export const FIT_MS = 15;

/**
 * Whether a figure in milliseconds keeps its bound, to be recorded beside it. A miss is printed; what fails a
 * scenario is asserted apart from this. Not judged where `isFit` says that this one is not fit to.
 */
export function verdict(ms: number, boundMs: number, isFit: boolean): string {
  if (!isFit) return `not judged, the machine is too slow (bound ${boundMs} ms)`;
  return `${ms < boundMs ? 'met' : 'MISSED'} (bound ${boundMs} ms)`;
}

/** The value that `share` of them do not exceed; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
