import { formatFinding } from '../manifests/finding.ts';
import type { LintReport } from './lint.ts';
import { formatSarif } from './sarif.ts';

export const lintFormats = ['text', 'json', 'sarif'] as const;
export type LintFormat = (typeof lintFormats)[number];

/** Writes a report as text to end with one line feed. */
export function formatReport(report: LintReport, format: LintFormat): string {
  switch (format) {
    case 'text':
      return [...report.findings.map(formatFinding), summary(report), ''].join('\n');
    case 'json':
      return `${JSON.stringify(report, undefined, 2)}\n`;
    case 'sarif':
      return `${JSON.stringify(formatSarif(report), undefined, 2)}\n`;
  }
}

function summary({ errors, warnings, objects }: LintReport): string {
  return `${count(objects, 'object')}: ${count(errors, 'error')}, ${count(warnings, 'warning')}`;
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
