/** One metric that a PromQL expression reads, and the labels that it is asked for by. */
export interface MetricUse {
  readonly metric: string;
  readonly labels: readonly string[];
}

const words = new Set([
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'or',
  'and',
  'unless',
  'bool',
  'offset',
]);

/**
 * The metrics that an expression names, each with the labels of its selector and of every grouping of the expression. It reads names
 * only; that the expression is one at all is for Prometheus's own tool to say.
 */
export function metricUses(expr: string): readonly MetricUse[] {
  const bare = expr.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').replaceAll(/\[[^\]]*\]/g, '');
  const grouping = /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g;
  const grouped = [...bare.matchAll(grouping)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
  return [...bare.replaceAll(grouping, ' ').matchAll(/([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(\s*\()?/g)].flatMap(
    ([, metric = '', selector = '', call]) =>
      call !== undefined || words.has(metric) ? [] : [{ metric, labels: [...labelsOf(selector), ...grouped] }],
  );
}

function labelsOf(selector: string): readonly string[] {
  return [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label);
}
