import { describe, expect, test } from '@jest/globals';
import { formatFinding } from '../../src/manifests/finding.ts';
import { deriveUid } from '../../src/manifests/manifest.ts';
import { findingsOf, manifestsOf, placeOf, readFileText } from '../../src/manifests/readFile.ts';

const service = (name: string, port: number): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {ports: [{port: ${port}}]}\n`;

function linesOf(text: string): string[] {
  return findingsOf(readFileText('a.yaml', text)).map(formatFinding);
}

describe('readFileText', () => {
  test('reads the objects of several documents and those of a List', () => {
    const indented = service('b', 81).replaceAll('\n', '\n  ');
    const text = `${service('a', 80)}---\nkind: List\napiVersion: v1\nitems:\n- ${indented}`;
    const manifests = manifestsOf(readFileText('a.yaml', text));
    expect(manifests.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`)).toEqual([
      'Service shop/a',
      'Service shop/b',
    ]);
  });

  test('fills in the namespace and a uid that is the same on every start', () => {
    const text = 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {}\n';
    const [object] = manifestsOf(readFileText('a.yaml', text)).map((manifest) => manifest.object);
    const uid = deriveUid('Service', 'default', 'a');
    expect(object).toMatchObject({ metadata: { name: 'a', namespace: 'default', uid } });
    expect(uid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  test('names file, line, column, object, field and remedy of a problem', () => {
    const text = `${service('a', 80)}---\n${service('b', 70_000)}`;
    expect(linesOf(text)).toEqual([
      'a.yaml:9:17: error: Service shop/b: spec.ports[0].port: found 70000; expected at most 65535',
    ]);
  });

  test('points at the key of an unknown field and at the parent of a missing one', () => {
    const route =
      'apiVersion: evergate.dev/v1alpha1\nkind: GatewayRoute\nmetadata: {name: r}\nspec:\n  hostname: [a.b]\n';
    expect(linesOf(route)).toEqual([
      'a.yaml:4:1: error: GatewayRoute default/r: spec.rules: is required; expected a list',
      'a.yaml:5:3: error: GatewayRoute default/r: spec.hostname: unknown field; did you mean hostnames?',
    ]);
  });

  test('finds fields whose names hold dots', () => {
    const text = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  labels:\n    a.b/c: 1\nspec: {}\n';
    expect(linesOf(text)).toEqual([
      'a.yaml:6:5: error: Service default/a: metadata.labels.a.b/c: found 1; expected text',
    ]);
  });

  test('says where YAML is broken, and that what it may hold is unknown', () => {
    const reading = readFileText('a.yaml', `${service('a', 80)}---\nkind: [Service\nname: b\n`);
    expect(reading.broken).toBe(true);
    expect(findingsOf(reading)[0]).toMatchObject({ line: 7, check: 'Syntax', severity: 'error' });
  });

  test('skips kinds of others with a note', () => {
    expect(linesOf('apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n')).toEqual([
      'a.yaml:1:1: note: apps/v1 Deployment is skipped, gateways do not read it',
    ]);
    expect(linesOf('apiVersion: serving.knative.dev/v1\nkind: Service\n')).toHaveLength(1);
  });

  test('takes a misspelt kind of our group for a mistake', () => {
    expect(linesOf('apiVersion: evergate.dev/v1alpha1\nkind: GatewayRout\n')).toEqual([
      'a.yaml:2:1: error: kind: found "GatewayRout"; expected one of GatewayFleet, GatewayRoute, BackendPolicy',
    ]);
  });

  test('refuses what is no object, and an object without a name', () => {
    expect(linesOf('- 1\n')).toEqual([
      'a.yaml:1:1: error: found a list of 1; expected an object with apiVersion, kind and metadata',
    ]);
    expect(linesOf('apiVersion: v1\nkind: Service\nmetadata: {}\n')).toEqual([
      'a.yaml:3:1: error: metadata.name: is required; expected the name of the object',
    ]);
  });

  test('says of broken YAML the first that is wrong, as the rest follows from it', () => {
    expect(linesOf('a: b: c\n  - x: [\n')).toHaveLength(1);
  });

  test.each([
    ['\u0000', 'the control character "\\u0000"'],
    ['\ufffd', 'bytes that are no UTF-8'],
  ])('refuses what is no text: %j', (character, found) => {
    expect(linesOf(`kind: List\na: ${character}\n`)).toEqual([
      `a.yaml:2:4: error: found ${found}; expected YAML text in UTF-8`,
    ]);
  });

  test('reads YAML as kubectl does: version 1.1 with merge keys, but times and base-60 numbers are text', () => {
    const labels = 'labels: {a: off, <<: {b: yes}, c: 2026-01-01, d: 1:30, e: 0o10}';
    expect(linesOf(`apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  ${labels}\nspec: {}\n`)).toEqual([
      expect.stringContaining('metadata.labels.a: found false; expected text'),
      expect.stringContaining('metadata.labels.b: found true; expected text'),
    ]);
  });

  test('stops at aliases that multiply', () => {
    const levels = ['a: &l0 [x, x]', ...Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [*l${i}, *l${i}]`)];
    expect(findingsOf(readFileText('a.yaml', `${levels.join('\n')}\n`))[0]).toMatchObject({ check: 'Syntax' });
  });

  test('parses again only the documents that changed', () => {
    const before = readFileText('a.yaml', `${service('a', 80)}---\n${service('b', 80)}`);
    const after = readFileText('a.yaml', `# moved\n${service('a', 81)}---\n${service('b', 80)}`, before);
    expect(manifestsOf(after)[0]).not.toBe(manifestsOf(before)[0]);
    expect(manifestsOf(after)[1]).toBe(manifestsOf(before)[1]);
    const moved = manifestsOf(after)[1];
    expect(moved && placeOf(after, moved, 'spec.ports[0].port')).toEqual({ line: 10, column: 17 });
  });
});
