import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { objects } from '../support/helm.ts';
import { runPromtool } from '../support/promtool.ts';

jest.setTimeout(180_000);

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

interface RuleTest {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly object[] }[];
  }[];
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const rulesFile = join(root, 'charts/evergate/files/monitoring/alerts.yaml');
const testsFolder = fileURLToPath(new URL('./alerts', import.meta.url));
const rulesText = await readFile(rulesFile, 'utf8');
const alerts = (parse(rulesText) as { groups: readonly { rules: readonly AlertRule[] }[] }).groups.flatMap(
  ({ rules }) => rules,
);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergate-alerts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs every test against the rules, each with its expression changed; resolves with the names of the tests that fail. */
async function failures(change: (rule: AlertRule) => string): Promise<readonly string[]> {
  const rules = alerts.map((rule) => ({ ...rule, expr: change(rule) }));
  await writeFile(join(folder, 'alerts.yaml'), JSON.stringify({ groups: [{ name: 'changed', rules }] }));
  const failed = await Promise.all(
    alerts.map(async ({ alert }) => {
      const text = await readFile(join(testsFolder, `${alert}.yaml`), 'utf8');
      const file = join(folder, `${alert}.yaml`);
      await writeFile(file, text.replace(/^rule_files:.*$/m, 'rule_files: [alerts.yaml]'));
      return (await runPromtool('test', 'rules', file)).code === 0 ? [] : [alert];
    }),
  );
  return failed.flat();
}

test('Prometheus accepts the rules', async () => {
  const { code, stdout, stderr } = await runPromtool('check', 'rules', '--lint-fatal', rulesFile);
  expect(`${code} ${stdout} ${stderr}`).toMatch(new RegExp(`^0 .*${alerts.length} rules found`, 's'));
});

test('each alert fires when it should and is silent when it should, by the word of Prometheus', async () => {
  expect(await failures(({ expr }) => expr)).toEqual([]);
});

test('an alert that never fires fails its test, and so does one that always fires', async () => {
  const all = alerts.map(({ alert }) => alert);
  expect(await failures(({ expr }) => `(${expr}) and on () (vector(1) > 2)`)).toEqual(all);
  expect(await failures(() => 'vector(1)')).toEqual(all);
});

describe.each(alerts)('$alert', ({ alert }) => {
  test('is tested both ways', async () => {
    const { tests } = parse(await readFile(join(testsFolder, `${alert}.yaml`), 'utf8')) as RuleTest;
    const cases = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
    expect(cases.filter(({ alertname, exp_alerts }) => alertname === alert && exp_alerts.length > 0)).not.toEqual([]);
    expect(cases.filter(({ alertname, exp_alerts }) => alertname === alert && exp_alerts.length === 0)).not.toEqual([]);
  });

  test('has a runbook that says what it means, what to look at and what to do', async () => {
    const text = await readFile(join(root, 'docs/runbooks', `${alert}.md`), 'utf8');
    expect(text.split('\n')[0]).toBe(`# ${alert}`);
    for (const heading of ['## What it means', '## What to look at', '## What to do']) expect(text).toContain(heading);
  });
});

test('there is no runbook and no test without an alert', async () => {
  const names = alerts.map(({ alert }) => alert).toSorted();
  const pages = (await readdir(join(root, 'docs/runbooks'))).filter((file) => file !== 'README.md');
  expect(pages.map((file) => basename(file, '.md')).toSorted()).toEqual(names);
  expect((await readdir(testsFolder)).map((file) => basename(file, '.yaml')).toSorted()).toEqual(names);
});

test('the chart brings the same rules, each with the address of its runbook', async () => {
  const rendered = await objects({
    'monitoring.prometheusRule.enabled': true,
    'monitoring.prometheusRule.runbookUrl': 'https://example.com/runbooks/',
  });
  const [rule] = rendered.filter(({ kind }) => kind === 'PrometheusRule') as readonly {
    readonly spec?: { readonly groups: readonly { readonly rules: readonly AlertRule[] }[] };
  }[];
  const rules = rule?.spec?.groups.flatMap((group) => group.rules) ?? [];
  expect(rules.map(({ expr }) => expr)).toEqual(alerts.map(({ expr }) => expr));
  expect(rules.map(({ annotations }) => annotations['runbook_url'])).toEqual(
    alerts.map(({ alert }) => `https://example.com/runbooks/${alert}.md`),
  );
});
