import { normalisePath } from '@evergate/contract/normalisePath';
import type { Parsed } from '@evergate/contract/problem';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { apiVersion } from '../src/objectMeta.ts';
import { isKind, parseObject, parseRule, parseRules, parseUnreadRoute } from '../src/parse.ts';

const backendRefs = [{ name: 'orders', port: 80 }];

function route(spec: object): object {
  return { apiVersion, kind: 'GatewayRoute', metadata: { name: 'orders' }, spec };
}

function accepted<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function pathsOf(parsed: Parsed<unknown>): readonly string[] {
  return parsed.ok ? [] : parsed.problems.map(({ path }) => path);
}

function messageOf(parsed: Parsed<unknown>): string {
  return parsed.ok ? '' : parsed.problems.map(({ message }) => message).join('\n');
}

describe('an object is read whole', () => {
  test('every problem is told at once, each with its path', () => {
    const broken = {
      apiVersion: 'evergate.dev/v1',
      kind: 'GatewayRoute',
      metadata: {},
      spec: {
        hostName: 'a',
        rules: [
          { backendRefs: [{ name: 'A', prot: 80 }], timeouts: { request: '1d' } },
          { matches: [{ path: { value: 'x' } }], filters: [{ type: 'Redirect' }], backendRefs },
        ],
      },
    };
    expect([...pathsOf(parseObject('GatewayRoute', broken))].sort()).toEqual([
      'apiVersion',
      'metadata.name',
      'spec.hostName',
      'spec.rules[0].backendRefs[0].name',
      'spec.rules[0].backendRefs[0].port',
      'spec.rules[0].backendRefs[0].prot',
      'spec.rules[0].timeouts.request',
      'spec.rules[1].filters[0].type',
      'spec.rules[1].matches[0].path',
    ]);
  });

  test.each([undefined, null, 'text', 3, [], {}])('%p is refused without a throw', (value) => {
    expect(parseObject('GatewayRoute', value).ok).toBe(false);
  });

  test('a name that is close to a known one is suggested, another gets the list', () => {
    const parsed = parseObject(
      'GatewayRoute',
      route({ rules: [{ backendRefs: [{ name: 'a', port: 80, wieght: 1, color: 1 }] }] }),
    );
    expect(parsed).toMatchObject({
      problems: [
        { path: 'spec.rules[0].backendRefs[0].wieght', message: 'unknown field; did you mean weight?' },
        {
          path: 'spec.rules[0].backendRefs[0].color',
          message: 'unknown field; expected one of name, namespace, port, weight, priority',
        },
      ],
    });
  });

  test('an unknown field in a variant is compared with the fields of that variant', () => {
    const filters = [{ type: 'URLRewrite', urlRewrite: { path: { type: 'ReplaceFullPath', replaceFulPath: '/a' } } }];
    const parsed = parseObject('GatewayRoute', route({ rules: [{ backendRefs, filters }] }));
    expect(messageOf(parsed)).toContain('did you mean replaceFullPath?');
  });

  test('a value of great length is cut in the message', () => {
    const parsed = parseObject('GatewayRoute', route({ hostnames: ['x'.repeat(10_000)], rules: [{ backendRefs }] }));
    expect(messageOf(parsed).length).toBeLessThan(400);
  });

  test.each(['a/b', 'A', 'a b', '', '-a', 'a'.repeat(254)])(
    'a name that no API server takes is refused: %s',
    (name) => {
      const named = { apiVersion, kind: 'GatewayRoute', metadata: { name }, spec: { rules: [{ backendRefs }] } };
      expect(pathsOf(parseObject('GatewayRoute', named))).toEqual(['metadata.name']);
      const within = { ...named, metadata: { name: 'orders', namespace: name } };
      expect(pathsOf(parseObject('GatewayRoute', within))).toEqual(['metadata.namespace']);
    },
  );

  test('a status that does not fit reads as none', () => {
    const object = { ...route({ rules: [{ backendRefs }] }), status: { parents: 'later' } };
    expect(accepted(parseObject('GatewayRoute', object)).status).toBeUndefined();
  });

  test('only the kinds that are read are kinds', () => {
    expect(['GatewayRoute', 'Service', 'Pod', 'toString'].filter(isKind)).toEqual(['GatewayRoute', 'Service']);
  });
});

describe('defaults are filled in', () => {
  test('of a route', () => {
    expect(accepted(parseObject('GatewayRoute', route({ rules: [{ backendRefs }] })))).toEqual({
      apiVersion,
      kind: 'GatewayRoute',
      metadata: { name: 'orders', namespace: 'default', uid: '', generation: 0 },
      spec: {
        parentRefs: [],
        hostnames: [],
        rules: [
          {
            matches: [{ path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] }],
            filters: [],
            backendRefs: [{ name: 'orders', port: 80, weight: 1, priority: 0 }],
            timeouts: {},
            retry: {
              attempts: 1,
              on: ['ConnectFailure', 'Reset', 'Timeout'],
              codes: [502, 503],
              methods: ['GET', 'HEAD', 'OPTIONS'],
              backoff: '25ms',
              budget: { percent: 20, minRetryRate: 10 },
            },
            limits: {},
          },
        ],
      },
    });
  });

  test('of a fleet', () => {
    const fleet = accepted(
      parseObject('GatewayFleet', { apiVersion, kind: 'GatewayFleet', metadata: { name: 'default' } }),
    );
    expect(fleet.spec).toEqual({
      replicas: 3,
      allowFewerReplicas: false,
      disruption: { maxUnavailable: 1 },
      rollout: { maxUnavailable: 0, maxSurge: 1 },
      spread: 'ScheduleAnyway',
      image: { pullPolicy: 'IfNotPresent', pullSecrets: [] },
      resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '1000m', memory: '1Gi' } },
      probes: {
        startup: { initialDelaySeconds: 0, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 60 },
        readiness: { initialDelaySeconds: 0, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
        liveness: { initialDelaySeconds: 0, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
      },
      podTemplate: { metadata: { labels: {}, annotations: {} }, spec: { nodeSelector: {}, tolerations: [] } },
      service: { type: 'LoadBalancer', annotations: {} },
      networkPolicy: { enabled: false, metricsFrom: [] },
      delivery: 'Watch',
      listeners: [{ name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'Same' } } }],
      shutdown: { propagationDelay: '10s', drainTimeout: '30s' },
      clientTraffic: {
        clientAddress: { trustedHops: 0, trustedCIDRs: [] },
        headerTimeout: '10s',
        idleTimeout: '60s',
        maxConnectionAge: '5m',
        maxHeaderBytes: 32_768,
        maxHeaderCount: 100,
        maxTargetBytes: 8192,
        maxRequestBodyBytes: 0,
        maxConnections: 10_000,
        healthPathPrefix: '/.evergate',
      },
      telemetry: { accessLog: { mode: 'Errors', percent: 1 }, metrics: { perRoute: 'All' } },
      errors: { reasonHeader: 'Trusted', pages: [] },
      externalNames: { allow: [] },
      defaults: { route: {} },
      enforced: { rateLimits: [], exempt: [] },
    });
  });

  test('of a backend policy', () => {
    const object = {
      apiVersion,
      kind: 'BackendPolicy',
      metadata: { name: 'a' },
      spec: { targetRefs: [{ name: 'orders' }] },
    };
    expect(accepted(parseObject('BackendPolicy', object)).spec).toEqual({
      targetRefs: [{ kind: 'Service', name: 'orders' }],
      loadBalancing: { policy: 'LeastRequests', slowStart: '0s', preferSameZone: false },
      passiveHealth: {
        on: ['Reset', 'Timeout'],
        codes: [502, 503, 504],
        maxFails: 3,
        failTimeout: '30s',
        maxEjectionPercent: 50,
        panicThreshold: 25,
      },
      connectTimeout: '5s',
    });
  });
});

describe('rules are read one by one', () => {
  test('a route with broken rules is read without them', () => {
    const parsed = parseUnreadRoute(route({ hostnames: ['a.example.com'], rules: [{ nonsense: true }, 7] }));
    expect(accepted(parsed).spec).toEqual({
      parentRefs: [],
      hostnames: ['a.example.com'],
      rules: [{ nonsense: true }, 7],
    });
  });

  test('a broken rule leaves its neighbours be, and its problems have the path from the root', () => {
    const [first, second] = parseRules([{ backendRefs }, { backendRefs: [{ name: 'a' }] }]);
    expect(first?.ok).toBe(true);
    expect(second).toMatchObject({ ok: false, problems: [{ path: 'spec.rules[1].backendRefs[0].port' }] });
  });

  test('of rules with one name the first keeps it, broken or not', () => {
    const parsed = parseRules([{ name: 'a' }, { name: 'a', backendRefs }, { backendRefs }]);
    expect(parsed.map(pathsOf)).toEqual([['spec.rules[0]'], ['spec.rules[1].name'], []]);
  });

  test('whatever a rule is, it is read or refused', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const parsed = parseRule(value, 0);
        expect(parsed.ok || parsed.problems.length > 0).toBe(true);
      }),
    );
  });
});

test('a path that is taken for an exact match or a prefix has a normal form', () => {
  const fragment = fc.constantFrom(
    '/',
    '.',
    '..',
    ';',
    'a',
    'B',
    '%2e',
    '%2F',
    '%5c',
    '%41',
    '%0a',
    '%',
    '\\',
    '?',
    ' ',
    '~',
    'é',
  );
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 8 }), (fragments) => {
      const value = `/${fragments.join('')}`;
      const parsed = parseRule({ backendRefs, matches: [{ path: { type: 'Exact', value } }] }, 0);
      expect(!parsed.ok || normalisePath(value) !== undefined).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
