/*
 * The Prometheus text format, version 0.0.4. All lines of one family stand together, so a family is written by a generator that
 * goes over every row, one sample at a time; `slicedWriter.ts` decides how many of them make a slice.
 */

export type FamilyType = 'counter' | 'gauge' | 'histogram';

/** The two lines that begin a family. */
export function familyHead(name: string, type: FamilyType, help: string): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
}

/** One sample; `labels` is label text or empty. */
export function sample(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${formatValue(value)}\n` : `${name}{${labels}} ${formatValue(value)}\n`;
}

/** Label text, escaped: `namespace="shop",route="orders"`. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function formatValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
