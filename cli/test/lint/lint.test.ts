import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { formatReport, lintFormats } from '../../src/lint/format.ts';
import { type LintReport, lint } from '../../src/lint/lint.ts';
import { Catalogue } from '../../src/manifests/catalogue.ts';
import { loadFiles } from '../../src/manifests/loadFiles.ts';
import { expectGolden } from '../golden.ts';

const folder = fileURLToPath(new URL('golden/shop', import.meta.url));

/** As if it was named `shop` on the command line. */
async function lintShop(): Promise<LintReport> {
  const report = lint(await loadFiles([folder]));
  const findings = report.findings.map((finding) => ({
    ...finding,
    file: finding.file.replace(folder, 'shop'),
    message: finding.message.replace(folder, 'shop'),
  }));
  return { ...report, findings };
}

function lintText(text: string): LintReport {
  const catalogue = new Catalogue();
  catalogue.apply([{ type: 'changed', path: 'a.yaml', text }]);
  return lint(catalogue.contents());
}

describe('lint', () => {
  test.each(lintFormats)('says every problem with its place, as %s', async (format) => {
    expectGolden(import.meta.url, `shop.${format}`, formatReport(await lintShop(), format));
  });

  test('leaves what only a cluster knows alone: backends without a Service, endpoints without an EndpointSlice', () => {
    const route = `apiVersion: evergate.dev/v1alpha1
kind: GatewayRoute
metadata: {name: r}
spec: {rules: [{backendRefs: [{name: a, port: 80}]}]}
`;
    expect(lintText(route).findings).toEqual([]);
    const service = '---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n';
    expect(lintText(route + service).findings).toEqual([]);
    expect(lintText(route + service.replace('name: a', 'name: b')).errors).toBe(1);
  });

  test('asks a route without parentRefs for a default fleet where fleets are among the files', () => {
    const fleet = 'apiVersion: evergate.dev/v1alpha1\nkind: GatewayFleet\nmetadata: {name: edge}\n';
    const route = `---
apiVersion: evergate.dev/v1alpha1
kind: GatewayRoute
metadata: {name: r}
spec: {rules: [{backendRefs: [{name: a, port: 80}]}]}
`;
    expect(lintText(fleet + route).findings).toMatchObject([{ check: 'NoDefaultFleet', severity: 'error', line: 8 }]);
    const annotated = fleet.replace(
      '{name: edge}',
      '{name: edge, annotations: {evergate.dev/is-default-fleet: "true"}}',
    );
    expect(lintText(annotated + route).findings).toEqual([]);
  });

  test('says once what is wrong with a whole route, not again for each of its rules', () => {
    const route = `apiVersion: evergate.dev/v1alpha1
kind: GatewayRoute
metadata: {name: r}
oops:
spec: {rules: [{backendRefs: [{name: a, port: 80}]}, {matches: [{method: GET}], backendRefs: [{name: a, port: 80}]}]}
`;
    expect(lintText(route).findings).toMatchObject([{ line: 4, path: 'oops' }]);
  });

  test('says once that two rules have one name', () => {
    const rule = '{name: a, backendRefs: [{name: a, port: 80}]}';
    const route = 'apiVersion: evergate.dev/v1alpha1\nkind: GatewayRoute\nmetadata: {name: r}\nspec:\n  rules:\n';
    expect(lintText(`${route}  - ${rule}\n  - ${rule}\n`).findings).toMatchObject([
      { line: 7, path: 'spec.rules[1].name', message: 'found "a"; expected another name than that of spec.rules[0]' },
    ]);
  });

  test('says that a named file does not exist, in one line', async () => {
    await expect(loadFiles(['/nonexistent/x.yaml'])).rejects.toThrow(
      '/nonexistent/x.yaml cannot be read: ENOENT; name a file or folder that exists',
    );
  });

  test('accepts the examples without a word but for the kinds that are skipped', async () => {
    const report = lint(await loadFiles([fileURLToPath(new URL('../../../examples', import.meta.url))]));
    expect(report.findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
  });
});
