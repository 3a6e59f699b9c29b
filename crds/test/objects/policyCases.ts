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
    loadBalancing: {
      policy: 'ConsistentHash',
      hashOn: { type: 'Cookie', name: 'session' },
      slowStart: '30s',
      preferSameZone: true,
    },
    passiveHealth: {
      on: ['Timeout'],
      codes: [503],
      maxFails: 5,
      failTimeout: '1m',
      maxEjectionPercent: 30,
      panicThreshold: 0,
    },
    activeHealth: {
      type: 'HTTP',
      path: '/health',
      hostname: 'orders.example.com',
      interval: '5s',
      timeout: '1s',
      healthyThreshold: 1,
      unhealthyThreshold: 2,
      expectedStatuses: ['200', '300-399'],
    },
    circuitBreaker: {
      slidingWindowSize: 10,
      minimumCalls: 5,
      failureRateThreshold: 50,
      slowCallDuration: '2s',
      slowCallRateThreshold: 80,
      openDuration: '10s',
      halfOpenCalls: 3,
      codes: [500],
      fallback: { response: { statusCode: 200, contentType: 'application/json', body: '[]' } },
    },
    limits: { maxConnections: 100, maxPending: 50, pendingTimeout: '500ms', maxInFlight: 200 },
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
    'a way to balance that there is not',
    { loadBalancing: { policy: 'Fastest' } },
    {
      path: 'spec.loadBalancing.policy',
      message: 'expected one of "RoundRobin", "LeastRequests", "Random", "ConsistentHash"',
      server: 'Unsupported value: "Fastest"',
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
  policy('a breaker with another Service in its place', {
    circuitBreaker: { fallback: { backendRef: { name: 'static', port: 80 } } },
  }),
  policy(
    'a header to hash on without its name',
    { loadBalancing: { policy: 'ConsistentHash', hashOn: { type: 'Header' } } },
    {
      path: 'spec.loadBalancing.hashOn',
      message: 'name is required with type Header, Cookie and QueryParam, and must not be set otherwise',
    },
  ),
  policy(
    'something to hash on with a policy that does not hash',
    { loadBalancing: { policy: 'Random', hashOn: { type: 'Path' } } },
    { path: 'spec.loadBalancing', message: 'hashOn needs policy ConsistentHash' },
  ),
  policy(
    'two fallbacks',
    { circuitBreaker: { fallback: { response: {}, backendRef: { name: 'static', port: 80 } } } },
    { path: 'spec.circuitBreaker.fallback', message: 'must have one of response and backendRef, not both' },
  ),
  policy(
    'no fallback at all',
    { circuitBreaker: { fallback: {} } },
    { path: 'spec.circuitBreaker.fallback', message: 'must have one of response and backendRef, not both' },
  ),
  policy(
    'requests that wait although nothing limits connections',
    { limits: { maxPending: 10 } },
    { path: 'spec.limits', message: 'maxPending needs maxConnections' },
  ),
  policy(
    'probes that take longer than the time between them',
    { activeHealth: { interval: '1s', timeout: '2s' } },
    { path: 'spec.activeHealth', message: 'timeout must not be longer than interval' },
  ),
  policy(
    'a status that there is not',
    { activeHealth: { expectedStatuses: ['2xx'] } },
    {
      path: 'spec.activeHealth.expectedStatuses[0]',
      message: 'expected a status or a range of them, such as 200 or 200-399',
      server: 'spec.activeHealth.expectedStatuses[0]',
    },
  ),
];
