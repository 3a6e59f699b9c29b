import type { MetricFamily } from './families.ts';

/** The metrics reference as Markdown, from what the two programs expose. */
export function metricsReference(gateway: readonly MetricFamily[], operator: readonly MetricFamily[]): string {
  const own = gateway.filter(({ name }) => name.startsWith('evergate_'));
  const sections = [
    introduction,
    '## Of a gateway',
    'On its status port, 9090, below `/metrics`. Beside these, what prom-client says of every Node process: `process_*` and `nodejs_*`.',
    table(own),
    '## Of the operator',
    'On its status port, 8081, below `/metrics`. All but the leader count what they watch and ask for only.',
    table(operator),
  ];
  return `${sections.join('\n\n')}\n`;
}

function table(families: readonly MetricFamily[]): string {
  const rows = families
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, help, labels }) => {
      const names = labels.map((label) => `\`${label}\``).join(', ');
      return `| \`${name}\` | ${type} | ${names} | ${help.replaceAll('|', '\\|')} |`;
    });
  return ['| Metric | Type | Labels | Meaning |', '|---|---|---|---|', ...rows].join('\n');
}

const introduction = `# Metrics

What the two programs tell Prometheus. Labels come from closed sets, and from the names of fleets, routes, rules and backends: no path, no
address and no token is ever a label. Generated from the programs by \`make generate\`.

Where the chart's PodMonitor scrapes the gateways, each of their series also has \`fleet\`, as \`<namespace>/<name>\`, and \`pod\`. A series
that would be zero is left out where there are as many as routes or backends.`;
