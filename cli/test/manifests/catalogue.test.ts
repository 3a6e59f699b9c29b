import { describe, expect, test } from '@jest/globals';
import { Catalogue } from '../../src/manifests/catalogue.ts';
import { formatFinding } from '../../src/manifests/finding.ts';

const service = (name: string, port: number | string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {ports: [{port: ${port}}]}\n`;

function catalogueOf(files: Readonly<Record<string, string>>): Catalogue {
  const catalogue = new Catalogue();
  write(catalogue, files);
  catalogue.contents();
  return catalogue;
}

function write(catalogue: Catalogue, files: Readonly<Record<string, string>>): void {
  catalogue.apply(Object.entries(files).map(([path, text]) => ({ type: 'changed', path, text })));
}

/** Service names and their ports as they are in force. */
function portsOf(catalogue: Catalogue): Record<string, unknown> {
  const manifests = [...catalogue.contents().manifests.values()].map(({ manifest }) => manifest);
  return Object.fromEntries(
    manifests.map(({ name, object }) => {
      const [, port] = /"ports":\[\{"port":([^}]+)\}/.exec(JSON.stringify(object)) ?? [];
      return [name, Number(port)];
    }),
  );
}

function findingsOf(catalogue: Catalogue): string[] {
  return catalogue.contents().findings.map(formatFinding);
}

describe('Catalogue', () => {
  test('keeps the last good version of an object that is broken, and takes the others of the file', () => {
    const catalogue = catalogueOf({ 'a.yaml': `${service('a', 80)}---\n${service('b', 80)}` });
    write(catalogue, { 'a.yaml': `${service('a', 81)}---\n${service('b', '"x"')}` });
    expect(portsOf(catalogue)).toEqual({ a: 81, b: 80 });
    expect(findingsOf(catalogue)).toEqual([
      'a.yaml:9:17: error: Service shop/b: spec.ports[0].port: found "x"; expected a number',
    ]);
  });

  test('keeps what a document said that cannot be parsed any more', () => {
    const catalogue = catalogueOf({ 'a.yaml': `${service('a', 80)}---\n${service('b', 80)}` });
    write(catalogue, { 'a.yaml': `${service('a', 81)}---\nkind: [` });
    expect(portsOf(catalogue)).toEqual({ a: 81, b: 80 });
    write(catalogue, { 'a.yaml': service('a', 81) });
    expect(portsOf(catalogue)).toEqual({ a: 81 });
  });

  test('takes an object that was never good for absent', () => {
    expect(portsOf(catalogueOf({ 'a.yaml': `${service('a', '"x"')}---\n${service('b', 80)}` }))).toEqual({ b: 80 });
  });

  test('passes a broken route on, for its rules are judged one by one', () => {
    const route = 'apiVersion: evergate.dev/v1alpha1\nkind: GatewayRoute\nmetadata: {name: r}\nspec: {rules: 1}\n';
    expect([...catalogueOf({ 'a.yaml': route }).contents().manifests.keys()]).toEqual(['GatewayRoute default/r']);
  });

  test('keeps what was read of a file that can no longer be read, and says so', () => {
    const catalogue = catalogueOf({ 'a.yaml': service('a', 80) });
    catalogue.apply([{ type: 'problem', path: 'a.yaml', message: 'cannot be read: EACCES' }]);
    expect(portsOf(catalogue)).toEqual({ a: 80 });
    expect(findingsOf(catalogue)).toEqual([
      'a.yaml:1:1: error: cannot be read: EACCES; put that right or remove it; until then, what was last read of it stays in force',
    ]);
  });

  test('forgets the objects of a deleted file', () => {
    const catalogue = catalogueOf({ 'a.yaml': service('a', 80), 'b.yaml': service('b', 80) });
    catalogue.apply([{ type: 'deleted', path: 'a.yaml' }]);
    expect(portsOf(catalogue)).toEqual({ b: 80 });
  });

  test('at the start takes the object of the first file by name, and names the other', () => {
    const catalogue = catalogueOf({ 'b.yaml': service('a', 81), 'a.yaml': service('a', 80) });
    expect(portsOf(catalogue)).toEqual({ a: 80 });
    expect(findingsOf(catalogue)).toEqual([
      'b.yaml:3:12: error: Service shop/a: metadata.name: is not used, as a.yaml:1 has an object of the same kind and name; rename or remove one of them',
    ]);
  });

  test('keeps the object that was there when another file takes its name, until its own file gives it up', () => {
    const catalogue = catalogueOf({ 'b.yaml': service('a', 80) });
    write(catalogue, { 'a.yaml': service('a', 81) });
    expect(portsOf(catalogue)).toEqual({ a: 80 });
    write(catalogue, { 'b.yaml': service('a', 82) });
    expect(portsOf(catalogue)).toEqual({ a: 82 });
    catalogue.apply([{ type: 'deleted', path: 'b.yaml' }]);
    expect(portsOf(catalogue)).toEqual({ a: 81 });
  });

  test('finds the second of two equal documents in one file', () => {
    const catalogue = catalogueOf({ 'a.yaml': `${service('a', 80)}---\n${service('a', 80)}` });
    expect(catalogue.contents().findings).toMatchObject([{ line: 8, check: 'Duplicate' }]);
  });
});
