import { caseOf, type ObjectCase, objectOf, type Refusal } from './objectCase.ts';

function policy(what: string, spec: object, refused?: Refusal): ObjectCase {
  return caseOf(
    what,
    objectOf('BackendPolicy', { targetRefs: [{ kind: 'Service', name: 'orders' }], ...spec }),
    refused,
  );
}

export const policyCases: readonly ObjectCase[] = [
  policy('a policy that says nothing new', {}),
  policy('a policy with everything said', {
    targetRefs: [{ kind: 'Service', name: 'orders' }, { name: 'users' }],
    loadBalancing: { policy: 'RoundRobin' },
    connectTimeout: '500ms',
  }),
  policy(
    'no target',
    { targetRefs: [] },
    {
      path: 'spec.targetRefs',
      message: 'expected at least 1 entries',
      server: 'at least 1 items',
    },
  ),
  policy(
    'one target twice',
    { targetRefs: [{ name: 'orders' }, { kind: 'Service', name: 'orders' }] },
    {
      path: 'spec.targetRefs[1]',
      message: 'expected another kind or name',
      server: 'spec.targetRefs[1]: Duplicate value',
    },
  ),
  policy(
    'a target of another kind',
    { targetRefs: [{ kind: 'Pod', name: 'orders' }] },
    {
      path: 'spec.targetRefs[0].kind',
      message: 'found "Pod"; expected "Service"',
      server: 'Unsupported value: "Pod"',
    },
  ),
  policy(
    'a policy that does not work yet',
    { loadBalancing: { policy: 'ConsistentHash' } },
    {
      path: 'spec.loadBalancing.policy',
      message: 'expected one of "RoundRobin", "LeastRequests", "Random"',
      server: 'Unsupported value: "ConsistentHash"',
    },
  ),
  policy(
    'no time to connect',
    { connectTimeout: '0s' },
    {
      path: 'spec.connectTimeout',
      message: 'must be a duration from 10ms to 1m',
    },
  ),
];
