import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { dashboards } from '../../src/generatedFiles.ts';
import { gatewayFamilies, operatorFamilies } from '../../src/metrics/exposition.ts';
import { runPromtool } from '../support/promtool.ts';
import { metricUses } from './queryNames.ts';

jest.setTimeout(120_000);

/** Labels that scraping adds: of the target, and the fleet that the PodMonitor says. */
const ofTargets = ['namespace', 'pod', 'fleet', 'le'];

const families = [...(await gatewayFamilies()), ...(await operatorFamilies())];
const exposed = new Map(
  families.flatMap(({ name, type, labels }) =>
    (type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']).map(
      (suffix) => [`${name}${suffix}`, labels] as const,
    ),
  ),
);

/** What nobody exposes, or nobody labels so. */
function dead(expr: string): readonly string[] {
  return metricUses(expr).flatMap(({ metric, labels }) => {
    const known = exposed.get(metric);
    if (known === undefined) return [metric];
    return labels.filter((label) => ![...known, ...ofTargets].includes(label)).map((label) => `${metric}{${label}}`);
  });
}

const panels = dashboards.flatMap(({ title, panels }) =>
  panels.map((panel) => ({ ...panel, name: `${title}: ${panel.title}` })),
);

/** With a value for each of Grafana's variables. */
function plain(expr: string): string {
  return expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/g, '.*');
}

describe('what is asked of the metrics is what the programs expose:', () => {
  test.each(panels)('$name', ({ queries }) => {
    for (const { expr } of queries) {
      expect(metricUses(expr)).not.toEqual([]);
      expect(dead(plain(expr))).toEqual([]);
    }
  });

  test('every choice of a dashboard', () => {
    for (const { metric, label } of dashboards.flatMap(({ choices }) => choices)) {
      expect(dead(`sum by (${label}) (${metric})`)).toEqual([]);
    }
  });

  test('every alert', async () => {
    const file = new URL('../../../charts/evergate/files/monitoring/alerts.yaml', import.meta.url);
    const { groups } = parse(await readFile(file, 'utf8')) as {
      groups: readonly { rules: readonly { expr: string }[] }[];
    };
    for (const { expr } of groups.flatMap(({ rules }) => rules)) expect(dead(expr)).toEqual([]);
  });

  test('a query of a metric or a label that nobody exposes would be found', () => {
    expect(dead('rate(evergate_reqests_total[5m])')).toEqual(['evergate_reqests_total']);
    expect(dead('sum by (fleet, path) (evergate_requests_total{code="5xx"})')).toEqual([
      'evergate_requests_total{path}',
    ]);
    expect(dead('evergate_backend_breaker_state{state="open"}')).toEqual(['evergate_backend_breaker_state{state}']);
  });
});

test('Prometheus can read every query of the dashboards', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evergate-queries-'));
  const rules = panels.flatMap(({ queries }) =>
    queries.map(({ expr }, at) => ({ record: `panel:${at}`, expr: plain(expr) })),
  );
  await writeFile(join(folder, 'rules.yaml'), JSON.stringify({ groups: [{ name: 'panels', rules }] }));
  const { code, stdout, stderr } = await runPromtool('check', 'rules', '--lint=none', join(folder, 'rules.yaml'));
  await rm(folder, { recursive: true });
  expect(`${code} ${stdout} ${stderr}`).toMatch(new RegExp(`^0 .*${rules.length} rules found`, 's'));
});
