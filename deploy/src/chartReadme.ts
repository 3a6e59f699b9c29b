import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';

/** One value of a chart that can be set, as its values file documents it. */
export interface ChartValue {
  /** As `--set` takes it: `image.tag`. */
  readonly path: string;
  /** As JSON; undefined where it only groups those that follow. */
  readonly fallback: string | undefined;
  /** The comment above it. */
  readonly meaning: string;
}

/** Values of which everything below belongs to somebody else: pods, fleets, labels. */
const whole: ReadonlySet<string> = new Set([
  'defaultFleet.spec',
  'resources',
  'podLabels',
  'podAnnotations',
  'nodeSelector',
]);

/** Reads every value with the comment above it. Throws for a value without one: a chart's values are documented, all of them. */
export function chartValues(valuesYaml: string): readonly ChartValue[] {
  const document = parseDocument(valuesYaml);
  if (!isMap(document.contents)) throw new Error('the values file holds no map');
  return valuesOf(document.contents, '', document.commentBefore ?? '');
}

/** `first` is the comment above the first key, which YAML gives to the map. */
function valuesOf(map: YAMLMap, parent: string, first: string): readonly ChartValue[] {
  return map.items.flatMap((pair, index) => {
    const path = parent === '' ? keyOf(pair) : `${parent}.${keyOf(pair)}`;
    const meaning = meaningOf(pair, index === 0 ? first : '');
    const { value } = pair;
    if (isMap(value) && value.items.length > 0 && !isWhole(path)) {
      const group = meaning === '' ? [] : [{ path, fallback: undefined, meaning }];
      return [...group, ...valuesOf(value, path, value.commentBefore ?? '')];
    }
    if (meaning === '') throw new Error(`${path} has no comment that says what it is`);
    return [{ path, fallback: JSON.stringify(plain(value)), meaning }];
  });
}

function isWhole(path: string): boolean {
  return whole.has(path) || /\.(labels|annotations)$/.test(path);
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function meaningOf({ key }: Pair, first: string): string {
  const comment = (isScalar(key) ? key.commentBefore : undefined) ?? first;
  return comment
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();
}

function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function'
    ? value.toJSON()
    : value;
}

/** The README of the chart: how it is used, and every value. */
export function chartReadme(valuesYaml: string): string {
  const rows = chartValues(valuesYaml).map(({ path, fallback, meaning }) => {
    const code = fallback === undefined ? '' : `\`${cell(fallback)}\``;
    return `| \`${path}\` | ${code} | ${cell(meaning)} |`;
  });
  return `${[introduction, ['| Value | Default | Meaning |', '|---|---|---|', ...rows].join('\n')].join('\n\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

const introduction = `# The chart of Evergate

Installs the operator with the rights it needs and no others, the three kinds, and a default fleet of three gateways. It works with Helm 3
and Helm 4, on Kubernetes 1.32 and newer.

    helm install evergate charts/evergate --namespace evergate-system --create-namespace --wait
    helm test evergate --namespace evergate-system

The namespace may enforce the Pod Security Standard \`restricted\`. [docs/install.md](../../docs/install.md) says more,
[docs/upgrade.md](../../docs/upgrade.md) how to upgrade and roll back, [docs/security.md](../../docs/security.md) who may do what.

## Values

A value that is not listed here is refused, by name. Generated from \`values.yaml\` by \`make generate\`.`;
