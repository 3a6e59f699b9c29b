/** One family of metrics, as a program exposes it. */
export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** Names of its labels, without `le`. */
  readonly labels: readonly string[];
}

/** Reads the Prometheus text format: families in their order, with the labels that their samples have. */
export function readFamilies(text: string): readonly MetricFamily[] {
  const families = new Map<string, { name: string; type: string; help: string; labels: Set<string> }>();
  for (const line of text.split('\n')) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    const family = families.get(name) ?? { name, type: '', help: '', labels: new Set<string>() };
    if (word === 'HELP') families.set(name, { ...family, help: rest });
    if (word === 'TYPE') families.set(name, { ...family, type: rest });
    if (word === undefined) addLabels(line, families);
  }
  return [...families.values()].map(({ labels, ...family }) => ({ ...family, labels: [...labels] }));
}

function addLabels(line: string, families: ReadonlyMap<string, { readonly labels: Set<string> }>): void {
  const [, sample = '', labels = ''] = /^([a-z0-9_]+)\{(.*)\} \S+$/.exec(line) ?? [];
  const family = families.get(sample) ?? families.get(sample.replace(/_(bucket|sum|count)$/, ''));
  for (const [, label = ''] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g))
    if (label !== 'le') family?.labels.add(label);
}
