import { describe, expect, test } from '@jest/globals';
import { parseEndpointsPart, parseIndex, parseRoutesPart, parseSecretsPart } from '../src/parse.ts';
import type { Parsed } from '../src/problem.ts';

const hash = 'a'.repeat(64);
const index = {
  kind: 'endpoints',
  version: 1,
  fleet: { namespace: 'shop', name: 'edge' },
  fleetUID: 'uid-1',
  epoch: 1,
  sequence: 7,
  revision: hash,
  requires: [],
  parts: [{ name: '0', slot: 'a', hash }],
  gateways: 3,
};

const rule = {
  id: 'shop/orders/api',
  route: { namespace: 'shop', name: 'orders', uid: 'u', generation: 7, createdAt: 1_700_000_000 },
  name: 'api',
  position: 0,
  listeners: ['http'],
  hostnames: ['shop.example.com'],
  matches: [{ path: { type: 'PathPrefix', value: '/api' }, headers: [], queryParams: [] }],
  filters: [],
  backends: [{ backend: 'shop/orders:80', weight: 1 }],
  timeouts: {},
  limits: {},
};

function part(...rules: object[]): { rules: object[]; backends: object[] } {
  return { rules, backends: [] };
}

function problemsOf(parsed: Parsed<unknown>): string[] {
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`);
}

describe('parseIndex', () => {
  test('reads text and what JSON.parse made of it', () => {
    expect(parseIndex(index)).toEqual({ ok: true, value: index, ignored: [] });
    expect(parseIndex(JSON.stringify(index))).toEqual({ ok: true, value: index, ignored: [] });
  });

  test('refuses a version it cannot read, and says nothing else about that document', () => {
    expect(problemsOf(parseIndex({ ...index, version: 9, parts: 'otherwise' }))).toEqual([
      'version: found 9, accepted is 1',
    ]);
  });

  test('refuses a feature it does not know, by its name', () => {
    expect(problemsOf(parseIndex({ ...index, requires: ['time-travel'] }))).toEqual([
      'requires[0]: found "time-travel", this build accepts gzip, policies',
    ]);
  });

  test('ignores fields it does not know and lists them', () => {
    const newer = { ...index, extra: 1, parts: [{ ...index.parts[0], zip: true }] };
    expect(parseIndex(newer)).toMatchObject({
      ok: true,
      value: index,
      ignored: [{ path: 'parts[0].zip' }, { path: 'extra' }],
    });
  });

  test.each([
    ['', ': found 0 characters that are no complete JSON, accepted is one JSON object'],
    ['{"kind":"endp', ': found 13 characters that are no complete JSON, accepted is one JSON object'],
    ['[]', ': found a list of 0, accepted is an object'],
    ['{}', 'kind: found nothing, accepted is "routes" or "endpoints" or "secrets"'],
    [JSON.stringify({ ...index, sequence: -1 }), 'sequence: found -1, accepted is at least 0'],
    [JSON.stringify({ ...index, sequence: 1.5 }), 'sequence: found 1.5, accepted is a whole number'],
    [JSON.stringify({ ...index, revision: 'x' }), 'revision: found "x", accepted is text of the form /^[0-9a-f]{64}$/'],
    [
      JSON.stringify({ ...index, parts: [...index.parts, ...index.parts] }),
      'parts[1].name: found "0" a second time, accepted is a name of its own',
    ],
  ])('refuses %j with one clear line', (text, line) => {
    expect(problemsOf(parseIndex(text))).toEqual([line]);
  });
});

describe('parseRoutesPart', () => {
  test('reads a rule as it stands', () => {
    expect(parseRoutesPart(part(rule))).toEqual({ ok: true, value: part(rule), ignored: [] });
  });

  test('names every problem of every rule', () => {
    const broken = {
      ...rule,
      hostnames: [],
      filters: [{ type: 'Teleport' }, { type: 'RequestRedirect', statusCode: 200 }],
      backends: [{ backend: 7, weight: 1 }],
      name: 'n'.repeat(300),
    };
    expect(problemsOf(parseRoutesPart(part(rule, broken)))).toEqual([
      `rules[1].name: found "${'n'.repeat(60)}" and 240 characters more, accepted is at most 253 characters`,
      'rules[1].hostnames: found a list of 0, accepted is at least 1 item',
      'rules[1].filters[0].type: found "Teleport", accepted is "RequestHeaderModifier" or "ResponseHeaderModifier" or "URLRewrite" or "RequestRedirect" or "RequestMirror" or "CORS" or "DirectResponse"',
      'rules[1].filters[1].statusCode: found 200, accepted is 301 or 302 or 303 or 307 or 308',
      'rules[1].backends[0].backend: found 7, accepted is a string',
    ]);
  });

  test('wants ids of their own and host names in lower case', () => {
    const other = { ...rule, hostnames: ['Shop.example.com'] };
    expect(problemsOf(parseRoutesPart(part(rule, other)))).toEqual([
      'rules[1].id: found "shop/orders/api" a second time, accepted is an id of its own',
      'rules[1].hostnames[0]: found "Shop.example.com", accepted is "shop.example.com"',
    ]);
  });

  test('ignores what a newer writer adds, listing 100 at most', () => {
    const newer = Array.from({ length: 150 }, (_, i) => ({ ...rule, id: `shop/orders/${i}`, mood: 'good' }));
    const parsed = parseRoutesPart(part(...newer));
    expect(parsed.ok && parsed.value.rules).toEqual(newer.map(({ mood, ...known }) => known));
    expect(parsed.ok && parsed.ignored).toHaveLength(100);
    expect(parsed.ok && parsed.ignored[0]?.path).toBe('rules[0].mood');
  });

  test('reports 100 problems at most', () => {
    const parsed = parseRoutesPart(part(...Array.from({ length: 5000 }, () => ({}))));
    expect(problemsOf(parsed)).toHaveLength(100);
  });

  test.each([
    ['null', ': found null, accepted is an object'],
    ['{"backends":[]}', 'rules: found nothing, accepted is a list of at most 100000'],
    ['{"rules":{},"backends":[]}', 'rules: found an object, accepted is a list of at most 100000'],
  ])('refuses %s', (text, line) => {
    expect(problemsOf(parseRoutesPart(text))).toEqual([line]);
  });

  test('takes 10,000 rules, and prints how long that took', () => {
    const rules = Array.from({ length: 10_000 }, (_, i) => ({ ...rule, id: `shop/orders-${i}/api` }));
    const json: unknown = JSON.parse(JSON.stringify(part(...rules)));
    const start = performance.now();
    expect(parseRoutesPart(json).ok).toBe(true);
    process.stdout.write(`10,000 rules validated in ${Math.round(performance.now() - start)} ms\n`);
  });
});

describe('parseEndpointsPart', () => {
  test('names the endpoint that is wrong', () => {
    const endpoint = { address: '10.0.0.1', port: 70_000, ready: true, serving: true, terminating: 'no' };
    expect(problemsOf(parseEndpointsPart({ backends: [{ id: 'shop/orders:80', endpoints: [endpoint] }] }))).toEqual([
      'backends[0].endpoints[0].port: found 70000, accepted is at most 65535',
      'backends[0].endpoints[0].terminating: found "no", accepted is true or false',
    ]);
  });
});

describe('parseSecretsPart', () => {
  test('never shows a value, of an index with its parts inline neither', () => {
    const secrets = [
      { id: 'shop/key', type: 'hunter2', data: { password: 42 } },
      { id: ['hunter2'], type: 'Opaque', data: 'hunter2' },
    ];
    const text = JSON.stringify({ secrets });
    const inline = { ...index, kind: 'secrets', parts: [{ name: 'hunter2', slot: 'a', hash, inline: text }] };
    const lines = [text, text.slice(0, -2), inline].flatMap((input) => [
      ...problemsOf(parseSecretsPart(input)),
      ...problemsOf(parseIndex(input)),
    ]);
    expect(lines.join('\n')).not.toMatch(/hunter2|42/);
    expect(lines).toContain(
      'secrets[0].type: found a string of 7 characters, accepted is "TLS" or "BasicAuth" or "APIKey" or "Opaque"',
    );
  });
});
