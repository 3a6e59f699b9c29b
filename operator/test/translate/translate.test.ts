import { readdirSync, readFileSync } from 'node:fs';
import { endpointsPartSchema } from '@evergate/contract/endpoints';
import { routesPartSchema, settingsSchema } from '@evergate/contract/routeTable';
import { gatewayRouteStatus } from '@evergate/crds/gatewayRoute';
import { describe, expect, test } from '@jest/globals';
import { parentStatuses } from '../../src/translate/routeStatus.ts';
import { type TranslateInput, translate } from '../../src/translate/translate.ts';
import { caseInput, describeTranslation, golden } from './golden.ts';

const folder = new URL('golden/', import.meta.url);
const cases = readdirSync(folder).flatMap((file) => (file.endsWith('.in.yaml') ? [file.slice(0, -8)] : []));

function read(name: string): TranslateInput {
  return caseInput(readFileSync(new URL(`${name}.in.yaml`, folder), 'utf8'));
}

describe.each(cases)('translate, of %s', (name) => {
  test('gives the golden table and statuses', () => {
    const actual = describeTranslation(translate(read(name)));
    expect(actual).toBe(golden(new URL(`${name}.out.yaml`, folder), actual));
  });

  test('gives the same for the same objects in another order', () => {
    const input = read(name);
    const { routes, policies, services, endpointSlices, referenceGrants } = input;
    const reversed = {
      routes: routes.toReversed(),
      policies: policies.toReversed(),
      services: services.toReversed(),
      endpointSlices: endpointSlices.toReversed(),
      referenceGrants: referenceGrants.toReversed(),
    };
    expect(translate({ ...input, ...reversed })).toEqual(translate(input));
  });

  test('changes nothing of its input', () => {
    const input = deepFreeze(read(name));
    expect(() => translate(input)).not.toThrow();
  });

  test('settles: what it serves as the last good changes nothing', () => {
    const first = translate(read(name));
    const previous = new Map(first.rules.map((rule) => [rule.id, rule]));
    const previousBackends = new Map(first.backends.map((backend) => [backend.id, backend]));
    expect(translate({ ...read(name), previous, previousBackends })).toEqual(first);
  });

  test('fits the schemas of the documents and of the status, and gives ids once', () => {
    const { settings, rules, backends, endpoints, routes } = translate(read(name));
    expect(routesPartSchema.parse({ rules, backends })).toEqual({ rules, backends });
    expect(endpointsPartSchema.parse({ backends: endpoints })).toEqual({ backends: endpoints });
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    expect(settingsSchema.parse(settings)).toEqual(settings);
    for (const verdict of routes) {
      const parents = parentStatuses(verdict, 'evergate.dev/operator').map((parent) => ({
        ...parent,
        conditions: parent.conditions.map((condition) => ({
          ...condition,
          lastTransitionTime: '2026-01-01T00:00:00Z',
        })),
      }));
      expect(gatewayRouteStatus.parse({ parents })).toEqual({ parents });
    }
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}

describe('translate', () => {
  const nothing = { policies: [], services: [], endpointSlices: [], referenceGrants: [] };

  test.each([[null], ['route'], [[]], [{}], [{ metadata: { name: 1 } }], [{ spec: { rules: 'all' } }]])(
    'takes %j for a route and says what is wrong with it',
    (object) => {
      const fleet = { apiVersion: 'evergate.dev/v1alpha1', kind: 'GatewayFleet', metadata: { name: 'edge' } };
      const { rules, routes } = translate({ ...nothing, fleet, isDefault: true, routes: [object] });
      expect(rules).toEqual([]);
      expect(routes[0]?.parents[0]?.conditions[0]).toMatchObject({ type: 'Accepted', status: 'False' });
    },
  );
});
