import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { renderFleet } from '../../src/render/render.ts';
import { at, context, fleetOf } from './fleet.ts';

/** A Deployment whose number of replicas this manager wrote last. */
function live(replicas: number, manager: string, operation: 'Apply' | 'Update'): KubeObject {
  return {
    metadata: {
      name: 'edge',
      namespace: 'infra',
      managedFields: [
        { manager: 'evergate', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:template': {} } } },
        { manager, operation, fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
      ],
    },
    spec: { replicas },
  };
}

/** Who applies what to `spec.replicas`, in order; undefined where the field is not said. */
function applied(spec: object, deployment?: KubeObject): readonly (readonly [string, unknown])[] {
  return renderFleet(fleetOf(spec), { ...context, deployment })
    .filter(({ resource }) => resource.kind === 'Deployment')
    .map(({ object, fieldManager }) => [fieldManager, at(object, 'spec', 'replicas')]);
}

describe('the number of replicas', () => {
  test('is what the fleet says while nothing else decides it', () => {
    expect(applied({ replicas: 5 })).toEqual([['evergate', 5]]);
    expect(applied({ replicas: 5 }, live(9, 'kube-controller-manager', 'Update'))).toEqual([['evergate', 5]]);
  });

  test('is the fewest that the autoscaler may choose, when the Deployment is made', () => {
    expect(applied({ autoscaling: { minReplicas: 4 } })).toEqual([['evergate', 4]]);
  });

  test('is what the fleet says when the Deployment is made for an autoscaler of somebody else', () => {
    expect(applied({ replicas: 6, autoscaling: { mode: 'External' } })).toEqual([['evergate', 6]]);
  });

  test('goes as it is to another manager when an autoscaler takes over', () => {
    expect(applied({ autoscaling: {} }, live(7, 'evergate', 'Apply'))).toEqual([
      ['evergate-replicas', 7],
      ['evergate', undefined],
    ]);
  });

  test.each([
    ['kube-controller-manager', 'Update'],
    ['evergate-replicas', 'Apply'],
  ] as const)('is not touched once %s owns it', (manager, operation) => {
    expect(applied({ autoscaling: {} }, live(7, manager, operation))).toEqual([['evergate', undefined]]);
  });
});
