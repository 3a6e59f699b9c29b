import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { renderedResources, renderFleet } from '../../src/render/render.ts';
import { context, fleetOf } from './fleet.ts';

interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const templates = new URL('../../../charts/evergate/templates/', import.meta.url);

/** The rules in one of the chart's templates, those that depend on values included. Nothing but whole lines is templated there. */
function chartRules(file: string): readonly PolicyRule[] {
  const lines = readFileSync(new URL(file, templates), 'utf8')
    .split('\n')
    .filter((line) => !/^\{\{.*\}\}$/.test(line));
  const blocks = lines
    .join('\n')
    .split(/^rules:$/m)
    .slice(1);
  return blocks.flatMap((block) => parse(block.split(/^(?:---|roleRef:.*)$/m)[0] ?? '') as readonly PolicyRule[]);
}

/** Whether these rules permit the verb on every object of the kind. */
function permits(rules: readonly PolicyRule[], group: string, resource: string, verb: string): boolean {
  return rules.some(
    (rule) =>
      rule.resourceNames === undefined &&
      rule.apiGroups.includes(group) &&
      rule.resources.includes(resource) &&
      rule.verbs.includes(verb),
  );
}

describe('the rights that the chart gives the operator', () => {
  const inFleetNamespaces = chartRules('fleetRoles.yaml');
  const everywhere = chartRules('clusterRole.yaml');
  const all = ['fleetRoles.yaml', 'secretRoles.yaml', 'clusterRole.yaml', 'leaseRole.yaml'].flatMap(chartRules);

  test('cover all that a gateway may do, or it could not give it that', () => {
    const role = renderFleet(fleetOf(), context).find(({ resource }) => resource.kind === 'Role')?.object;
    const given = role?.['rules'] as readonly PolicyRule[];
    expect(given.length).toBeGreaterThan(0);
    for (const { apiGroups, resources, verbs } of given) {
      for (const verb of verbs) {
        expect(permits(inFleetNamespaces, apiGroups[0] ?? '', resources[0] ?? '', verb)).toBe(true);
      }
    }
  });

  test('cover all that it makes of a fleet', () => {
    for (const { group, plural } of renderedResources) {
      for (const verb of ['get', 'list', 'watch', 'create', 'patch', 'delete']) {
        expect([plural, verb, permits(inFleetNamespaces, group, plural, verb)]).toEqual([plural, verb, true]);
      }
    }
  });

  test('name no wildcard, and neither bind nor escalate', () => {
    expect(all.length).toBeGreaterThan(12);
    const words = all.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
    expect(words.filter((word) => word.includes('*') || ['bind', 'escalate', 'impersonate'].includes(word))).toEqual(
      [],
    );
  });

  test('reach no Secret, no ConfigMap and no pod of the whole cluster', () => {
    const resources = everywhere.flatMap((rule) => rule.resources);
    expect(resources).toContain('services');
    expect(resources.filter((name) => /^(secrets|configmaps|pods)/.test(name))).toEqual([]);
  });
});
