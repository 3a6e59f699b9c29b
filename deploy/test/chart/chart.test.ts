import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { finished } from '@evergate/operator/test/support/programs';
import { describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { chartValues } from '../../src/chartReadme.ts';
import { chart, kubeVersion } from '../../src/helm.ts';
import type { Rendered } from '../../src/kustomize.ts';
import { helms, objects, template } from '../support/helm.ts';

jest.setTimeout(120_000);

const everything = {
  'networkPolicy.enabled': true,
  'monitoring.serviceMonitor.enabled': true,
  'monitoring.podMonitor.enabled': true,
  'monitoring.prometheusRule.enabled': true,
  'monitoring.dashboards.enabled': true,
  fleetNamespaces: ['edge', 'inner'],
  watchNamespaces: ['shop'],
};
const standardLabels = ['name', 'instance', 'version', 'managed-by', 'part-of'].map(
  (label) => `app.kubernetes.io/${label}`,
);

function named(rendered: readonly Rendered[], kind: string, name: RegExp): Rendered {
  const found = rendered.filter((object) => object.kind === kind && name.test(object.metadata.name));
  expect(found).toHaveLength(1);
  return found[0] as Rendered;
}

describe.each(helms().map((path) => [basename(path), path] as const))('with %s, the chart', (_, helm) => {
  test('passes a strict lint', async () => {
    const { code, stdout, stderr } = await finished(helm, ['lint', chart, '--strict', '--kube-version', kubeVersion]);
    expect(`${code} ${stdout}${stderr}`).toMatch(/^0 /);
  });

  test('refuses a value it does not know, at every level', async () => {
    for (const path of ['replica', 'image.name', 'defaultFleet.specs', 'monitoring.dashboards.folder']) {
      const { code, stderr } = await template({ [path]: 1 }, helm);
      expect(`${code} ${stderr}`).toMatch(new RegExp(`^[1-9].*${path.split('.').at(-1)}`, 's'));
    }
  });

  test('refuses a value of another type, and says which', async () => {
    const { code, stderr } = await template({ replicas: 'two' }, helm);
    expect(code).not.toBe(0);
    expect(stderr).toContain('replicas');
  });

  test('renders with every switch on, no object twice', async () => {
    const rendered = await objects(everything, helm);
    const names = rendered.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(30);
  });
});

test('both Helms render the same objects', async () => {
  const [first, ...others] = await Promise.all(helms().map((helm) => objects(everything, helm)));
  for (const other of others) expect(other).toEqual(first);
});

test('every value of the chart is in its schema, and the other way round', async () => {
  const [values, schema] = await Promise.all(
    ['values.yaml', 'values.schema.json'].map((file) => readFile(`${chart}/${file}`, 'utf8')),
  );
  const inSchema = schemaPaths(parse(schema ?? '') as Schema, '').filter((path) => path !== 'global');
  const inValues = chartValues(values ?? '').flatMap(({ path, fallback }) => (fallback === undefined ? [] : [path]));
  expect(inValues.toSorted()).toEqual(inSchema.toSorted());
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

function schemaPaths({ properties }: Schema, parent: string): readonly string[] {
  if (properties === undefined) return [parent];
  return Object.entries(properties).flatMap(([name, schema]) =>
    schemaPaths(schema, parent === '' ? name : `${parent}.${name}`),
  );
}

describe('what the chart renders', () => {
  test('carries the standard labels, and its selectors nothing that changes with a version', async () => {
    const rendered = await objects(everything);
    const unlabelled = rendered.filter(({ metadata }) => !standardLabels.every((label) => metadata.labels?.[label]));
    expect(unlabelled.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
    const deployment = named(rendered, 'Deployment', /^evergate$/);
    const { selector } = deployment['spec'] as { selector: { matchLabels: Record<string, string> } };
    expect(Object.keys(selector.matchLabels)).toEqual(['app.kubernetes.io/name', 'app.kubernetes.io/instance']);
  });

  test('asks for nothing of the Prometheus operator and of Grafana until told to', async () => {
    const kinds = (await objects()).map(({ kind }) => kind);
    for (const kind of ['ServiceMonitor', 'PodMonitor', 'PrometheusRule', 'NetworkPolicy', 'ConfigMap']) {
      expect(kinds).not.toContain(kind);
    }
    const all = (await objects(everything)).map(({ kind }) => kind);
    for (const kind of ['ServiceMonitor', 'PodMonitor', 'PrometheusRule', 'NetworkPolicy', 'ConfigMap']) {
      expect(all).toContain(kind);
    }
  });

  test('runs pods that the Pod Security Standard restricted admits, on read-only root file systems', async () => {
    const pods = (await objects(everything)).flatMap((object) => podSpec(object) ?? []);
    expect(pods).toHaveLength(2);
    for (const { securityContext, containers } of pods) {
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const container of containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  test('lets users read statuses and never write them, and only administrators make fleets', async () => {
    const rendered = await objects();
    const roles = ['view', 'edit', 'admin'].map((name) => named(rendered, 'ClusterRole', new RegExp(`-${name}$`)));
    expect(
      roles.map(({ metadata }) => Object.keys(metadata.labels ?? {}).filter((label) => /aggregate/.test(label))),
    ).toEqual([
      ['rbac.authorization.k8s.io/aggregate-to-view'],
      ['rbac.authorization.k8s.io/aggregate-to-edit'],
      ['rbac.authorization.k8s.io/aggregate-to-admin'],
    ]);
    const rights = roles.flatMap((role) => rightsOf(role));
    expect(rights.filter((right) => /\/status/.test(right) && !/ get$/.test(right))).toEqual([]);
    expect(rightsOf(roles[1] as Rendered).join()).not.toContain('gatewayfleets');
    expect(rights.join()).not.toMatch(/secrets|\*/);
  });

  test('keeps the kinds beyond the release unless told not to', async () => {
    const kept = (await objects()).filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(kept.map(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'])).toEqual([
      'keep',
      'keep',
      'keep',
    ]);
    const dropped = (await objects({ 'crds.keep': false })).filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(dropped.map(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect((await objects({ 'crds.enabled': false })).map(({ kind }) => kind)).not.toContain(
      'CustomResourceDefinition',
    );
  });

  test('has a test that asks the default fleet where it is, and none where there is no such fleet', async () => {
    const spec = { listeners: [{ name: 'web', port: 8000 }], clientTraffic: { healthPathPrefix: '/up' } };
    const values = { 'defaultFleet.name': 'edge', 'defaultFleet.spec': spec, fleetNamespaces: ['gateways'] };
    const pod = named(await objects(values), 'Pod', /-serves$/);
    expect(pod.metadata.annotations?.['helm.sh/hook']).toBe('test');
    expect(JSON.stringify(pod['spec'])).toContain('"http://edge.gateways:8000/up/health/ready"');
    expect((await objects({ 'defaultFleet.enabled': false })).map(({ kind }) => kind)).not.toContain('Pod');
  });

  test('lets the operator reach gateways of every fleet namespace, and only named namespaces reach the operator', async () => {
    const rendered = await objects({ ...everything, 'networkPolicy.metricsFrom': ['monitoring'] });
    const { ingress, egress } = named(rendered, 'NetworkPolicy', /^evergate$/)['spec'] as Record<string, unknown>;
    expect(JSON.stringify(ingress)).toMatch(/evergate-system.*monitoring/);
    expect(JSON.stringify(egress)).toMatch(/edge.*inner/);
  });
});

interface PodSpec {
  readonly securityContext: object;
  readonly containers: readonly { readonly securityContext: object }[];
}

function podSpec({ kind, spec }: Rendered): PodSpec | undefined {
  if (kind === 'Pod') return spec as PodSpec;
  return kind === 'Deployment' ? (spec as { template: { spec: PodSpec } }).template.spec : undefined;
}

function rightsOf(role: Rendered): readonly string[] {
  const rules = role['rules'] as readonly { resources: readonly string[]; verbs: readonly string[] }[];
  return rules.flatMap(({ resources, verbs }) => resources.flatMap((one) => verbs.map((verb) => `${one} ${verb}`)));
}
