import { stringify } from 'yaml';
import type { GeneratedFile } from './generatedFiles.ts';

/** An object as a chart renders it. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** What the chart renders: by default, and with one group of switches on. */
export interface ChartOutput {
  readonly plain: readonly Rendered[];
  readonly monitoring: readonly Rendered[];
  readonly networkPolicy: readonly Rendered[];
}

/** The values that turn each group on. */
export const groups = {
  monitoring: {
    'monitoring.serviceMonitor.enabled': true,
    'monitoring.podMonitor.enabled': true,
    'monitoring.prometheusRule.enabled': true,
    'monitoring.dashboards.enabled': true,
  },
  networkPolicy: { 'networkPolicy.enabled': true },
} as const;

/** The same objects for Kustomize: a base, and a component for each group of switches. Pure. */
export function kustomizeFiles({ plain, monitoring, networkPolicy }: ChartOutput): readonly GeneratedFile[] {
  const known = new Set(plain.map(keyOf));
  const added = (objects: readonly Rendered[]): readonly Rendered[] =>
    objects.filter((object) => !known.has(keyOf(object)));
  return [
    { path: 'deploy/kustomize/base/operator.yaml', content: yaml(plain) },
    { path: 'deploy/kustomize/monitoring/monitoring.yaml', content: yaml(added(monitoring)) },
    { path: 'deploy/kustomize/network-policy/networkPolicy.yaml', content: yaml(added(networkPolicy)) },
  ];
}

/** An object without what only Helm reads; undefined for one that only Helm has a use for, or that has a file of its own. */
export function withoutHelm(object: Rendered): Rendered | undefined {
  const { labels = {}, annotations = {}, ...metadata } = object.metadata;
  if (annotations['helm.sh/hook'] !== undefined || object.kind === 'CustomResourceDefinition') return undefined;
  const kept = Object.entries(annotations).filter(([name]) => !name.startsWith('helm.sh/'));
  return {
    ...(unlabelled(object) as Rendered),
    metadata: {
      ...metadata,
      labels: ourLabels(labels),
      ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }),
    },
  };
}

/** Pod templates have labels too. */
function unlabelled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unlabelled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === 'labels' ? ourLabels(part as Readonly<Record<string, string>>) : unlabelled(part),
    ]),
  );
}

function ourLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = Object.entries(labels).filter(([name]) => name !== 'helm.sh/chart');
  const name = 'app.kubernetes.io/managed-by';
  return Object.fromEntries(kept.map(([key, value]) => [key, key === name ? 'kustomize' : value]));
}

export function keyOf({ kind, metadata }: Rendered): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

function yaml(objects: readonly Rendered[]): string {
  const documents = objects.flatMap((object) => withoutHelm(object) ?? []);
  const text = documents.map((object) =>
    stringify(object, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false }),
  );
  return `# Made from charts/evergate by \`make kustomize\`; do not edit.\n${text.join('---\n')}`;
}
