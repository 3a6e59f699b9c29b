import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { renderedResources, renderFleet } from '../../src/render/render.ts';
import { golden } from '../translate/golden.ts';
import { at, context, fleetOf } from './fleet.ts';

const cases = readdirSync(new URL('golden', import.meta.url)).flatMap(
  (file) => file.match(/^(.*)[.]in[.]yaml$/)?.[1] ?? [],
);

function goldenUrl(name: string): URL {
  return new URL(`golden/${name}`, import.meta.url);
}

describe('a fleet becomes its objects', () => {
  test.each(cases)('%s', (name) => {
    const spec: object = parse(readFileSync(goldenUrl(`${name}.in.yaml`), 'utf8'));
    const objects = renderFleet(fleetOf(spec), context).map(({ object }) => object);
    const text = objects
      .map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }))
      .join('---\n');
    expect(text).toBe(golden(goldenUrl(`${name}.out.yaml`), text));
  });

  test('there are cases', () => {
    expect(cases.length).toBeGreaterThanOrEqual(3);
  });

  test('each of a kind that is looked through for what is no longer wanted', () => {
    const everything = fleetOf({ autoscaling: {}, networkPolicy: { enabled: true } });
    expect(renderFleet(everything, context).map(({ resource }) => resource)).toEqual(renderedResources);
  });

  test('each owned by the fleet, which its owners may delete without a right over finalizers', () => {
    for (const { object } of renderFleet(fleetOf({ autoscaling: {}, networkPolicy: { enabled: true } }), context)) {
      expect(object.metadata).toMatchObject({ name: expect.stringMatching(/^edge(-gateway)?$/), namespace: 'infra' });
      expect(object.metadata.ownerReferences).toEqual([
        {
          apiVersion: 'evergate.dev/v1alpha1',
          kind: 'GatewayFleet',
          name: 'edge',
          uid: '7d0b6f1e-5a39-4c9e-9b43-0d3a2f6f7f10',
          controller: true,
        },
      ]);
    }
  });
});

describe('the pods of a fleet', () => {
  const template = (spec: object) =>
    at(
      renderFleet(fleetOf(spec), context).find(({ resource }) => resource.kind === 'Deployment')?.object,
      'spec',
      'template',
    );

  test('stay as they are when a listener is added', () => {
    const one = { listeners: [{ name: 'http', port: 80 }] };
    const two = {
      listeners: [
        { name: 'http', port: 80 },
        { name: 'more', port: 8081 },
      ],
    };
    expect(template(two)).toEqual(template(one));
  });

  test('stay as they are when the fleet grows or gets an autoscaler', () => {
    expect(template({ replicas: 50 })).toEqual(template({}));
    expect(template({ autoscaling: { minReplicas: 20, maxReplicas: 50 } })).toEqual(template({}));
  });

  test('may take as long to leave as both times of their shutdown, and 20 seconds more', () => {
    expect(template({})).toHaveProperty(['spec', 'terminationGracePeriodSeconds'], 60);
    const shutdown = { propagationDelay: '0s', drainTimeout: '1500ms' };
    expect(template({ shutdown })).toHaveProperty(['spec', 'terminationGracePeriodSeconds'], 22);
  });

  test('have a heap of three quarters of their memory', () => {
    const resources = { requests: { memory: '128Mi' }, limits: { memory: '130Mi' } };
    expect(template({ resources })).toHaveProperty('spec.containers.0.command.1', '--max-old-space-size=97');
  });
});

test('the account of gateways is not called as the fleet, as every namespace has an account `default`', () => {
  const fleet = fleetOf();
  const named = { ...fleet, metadata: { ...fleet.metadata, name: 'default' } };
  const account = renderFleet(named, context).find(({ resource }) => resource.kind === 'ServiceAccount');
  expect(account?.object.metadata.name).toBe('default-gateway');
});

describe('the image of a fleet', () => {
  const imageOf = (image: object, release = context.image) => {
    const objects = renderFleet(fleetOf({ image }), { ...context, image: release });
    const deployment = objects.find(({ resource }) => resource.kind === 'Deployment')?.object;
    return at(deployment, 'spec', 'template', 'spec', 'containers', 0, 'image');
  };
  const digest = `sha256:${'ab'.repeat(32)}`;

  test.each([
    ['that of the release', {}, 'registry.example.com/evergate/gateway:1.2.3'],
    ['another version of it', { tag: '2.0.0' }, 'registry.example.com/evergate/gateway:2.0.0'],
    ['the same version from elsewhere', { repository: 'mirror/gateway' }, 'mirror/gateway:1.2.3'],
    ['one by its digest', { digest }, `registry.example.com/evergate/gateway@${digest}`],
  ])('is %s', (_, image, reference) => {
    expect(imageOf(image)).toBe(reference);
  });

  test('is read of a release at a registry with a port, without a tag or by digest', () => {
    expect(imageOf({ tag: '2' }, 'localhost:5000/gateway')).toBe('localhost:5000/gateway:2');
    expect(imageOf({ repository: 'mirror/gateway' }, `localhost:5000/gateway@${digest}`)).toBe(
      `mirror/gateway@${digest}`,
    );
  });
});
