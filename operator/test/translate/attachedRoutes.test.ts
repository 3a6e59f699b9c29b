import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFleet } from '../../src/translate/fleet.ts';
import { type TranslateInput, translate } from '../../src/translate/translate.ts';
import { fleet, grant, route, service, slice } from './objects.ts';

const listener = (name: string, port: number, from: string, hostname?: string): object => ({
  name,
  port,
  ...(hostname === undefined ? {} : { hostname }),
  allowedRoutes: { namespaces: { from } },
});
const rule = (path: string, more: object = {}): object => ({
  matches: [{ path: { type: 'PathPrefix', value: path } }],
  backendRefs: [{ name: 'api', namespace: 'shop', port: 80 }],
  ...more,
});

const routes = [
  route(
    'main',
    'shop',
    [rule('/')],
    {},
    { parentRefs: [{ name: 'edge', sectionName: 'http' }], hostnames: ['shop.test'] },
  ),
  route('both', 'shop', [rule('/both')], {}, { parentRefs: [{ name: 'edge' }] }),
  route(
    'same',
    'shop',
    [rule('/both')],
    { creationTimestamp: '2026-01-01T00:00:00Z' },
    { parentRefs: [{ name: 'edge' }] },
  ),
  route('default', 'shop', [rule('/default')], {}, { hostnames: ['a.wide.test'] }),
  route(
    'foreign',
    'team',
    [rule('/foreign')],
    {},
    {
      parentRefs: [{ name: 'edge', namespace: 'shop', sectionName: 'tenants' }],
    },
  ),
  route('slow', 'shop', [rule('/healthz', { timeouts: { request: '50s' } })], {}, { parentRefs: [{ name: 'edge' }] }),
  route('broken', 'shop', [rule('no-slash')], {}, { parentRefs: [{ name: 'edge' }] }),
];

/** What a fleet may be edited to, and which grants there are beside it. */
const edit = fc.record({
  from: fc.constantFrom('All', 'Same'),
  hostname: fc.constantFrom(undefined, '*.wide.test'),
  port: fc.constantFrom(80, 81),
  listeners: fc.constantFrom(1, 2),
  drainTimeout: fc.constantFrom('30s', '40s', '60s'),
  enforced: fc.constantFrom({}, { enforced: { auth: { anyOf: [{ type: 'Session', session: {} }] } } }),
  isDefault: fc.boolean(),
  isGranted: fc.boolean(),
  isValid: fc.boolean(),
});
type Edit = Parameters<typeof inputOf>[0];

/** As the API server hands it out: an edit is another generation, a new status another object. In a file, there is no generation. */
function stored(spec: Readonly<Record<string, unknown>>, generation: number | undefined): unknown {
  const written = fleet(spec) as { readonly metadata: object };
  return generation === undefined
    ? written
    : { ...written, metadata: { ...written.metadata, uid: 'edge', generation } };
}

function inputOf(
  one: {
    readonly from: string;
    readonly hostname: string | undefined;
    readonly port: number;
    readonly listeners: number;
    readonly drainTimeout: string;
    readonly enforced: object;
    readonly isDefault: boolean;
    readonly isGranted: boolean;
    readonly isValid: boolean;
  },
  generation?: number,
): TranslateInput {
  const listeners = [listener('http', 80, 'Same'), listener('tenants', one.port, one.from, one.hostname)];
  const spec = {
    listeners: listeners.slice(0, one.listeners),
    shutdown: { drainTimeout: one.drainTimeout },
    ...one.enforced,
    ...(one.isValid ? {} : { listeners: 'none' }),
  };
  return {
    fleet: stored(spec, generation),
    isDefault: one.isDefault,
    routes,
    policies: [],
    services: [service('api', 'shop')],
    endpointSlices: [slice('api', 'shop')],
    referenceGrants: one.isGranted ? [grant('team', 'shop')] : [],
  };
}

/** Nothing was ever found for any of the objects. */
function afresh(input: TranslateInput, lastGoodFleet: GatewayFleet | undefined): TranslateInput {
  return JSON.parse(JSON.stringify({ ...input, lastGoodFleet })) as TranslateInput;
}

const base: Edit = {
  from: 'All',
  hostname: undefined,
  port: 81,
  listeners: 2,
  drainTimeout: '30s',
  enforced: {},
  isDefault: true,
  isGranted: true,
  isValid: true,
};

describe('attached routes', () => {
  test('say after any edits of the fleet what they would say if nothing had been before', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), fc.boolean(), (edits, isFile) => {
        let lastGoodFleet: GatewayFleet | undefined;
        for (const [turn, one] of edits.flatMap((each) => [each, each]).entries()) {
          const input = inputOf(one, isFile ? undefined : Math.floor(turn / 2));
          const going = translate({ ...input, lastGoodFleet });
          expect(going).toEqual(translate(afresh(input, lastGoodFleet)));
          const read = readFleet(input.fleet, lastGoodFleet);
          if (read.accepted.status === 'True') lastGoodFleet = read.fleet;
        }
      }),
    );
  });

  test('are the very same objects where an edit of the fleet does not concern them', () => {
    const before = inputOf(base, 1);
    const first = translate(before);
    const { fleet: lastGoodFleet } = readFleet(before.fleet, undefined);
    const second = translate({ ...inputOf({ ...base, from: 'Same' }, 2), lastGoodFleet });
    const [ofMain, ofForeign] = ['shop/main', 'team/foreign'].map((route) =>
      [first, second].map(({ rules }) => rules.find(({ id }) => id.startsWith(route))),
    );
    expect(ofMain?.[0]).toBeDefined();
    expect(ofMain?.[1]).toBe(ofMain?.[0]);
    expect(ofForeign?.[0]).toBeDefined();
    expect(ofForeign?.[1]).toBeUndefined();
  });
});
