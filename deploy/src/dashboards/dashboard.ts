/* A dashboard as we think of it, and as Grafana reads it. */

export interface Query {
  readonly expr: string;
  /** What a line is called, with labels in double braces. */
  readonly legend: string;
}

export type Unit = 'short' | 'reqps' | 's' | 'percentunit' | 'bytes' | 'Bps' | 'ops';

export interface Panel {
  readonly title: string;
  /** What a reader should make of it. */
  readonly meaning: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Above `normal` something is unusual, above `alarm` somebody is called: drawn as lines. */
  readonly thresholds?: { readonly normal: number; readonly alarm?: number };
}

/** A choice at the head of a dashboard: the values that `label` of `metric` has. */
export interface Choice {
  readonly name: string;
  readonly label: string;
  /** A selector, which may name choices before it. */
  readonly metric: string;
}

export interface Dashboard {
  /** Of its file, and of its address in Grafana. */
  readonly name: string;
  readonly title: string;
  readonly choices: readonly Choice[];
  readonly panels: readonly Panel[];
}

const WIDTH = 12;
const HEIGHT = 8;

/** What Grafana imports: two panels a row. */
export function grafana({ name, title, choices, panels }: Dashboard): object {
  return {
    uid: `evergate-${name}`,
    title: `Evergate / ${title}`,
    tags: ['evergate'],
    schemaVersion: 39,
    timezone: 'browser',
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [datasource, ...choices.map(variable)] },
    panels: panels.map(panel),
  };
}

const datasource = { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' };
const source = { type: 'prometheus', uid: '$datasource' };

function variable({ name, label, metric }: Choice): object {
  return {
    name,
    label: name,
    type: 'query',
    datasource: source,
    query: { query: `label_values(${metric}, ${label})`, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}

function panel({ title, meaning, unit, queries, thresholds }: Panel, index: number): object {
  return {
    id: index + 1,
    title,
    description: meaning,
    type: 'timeseries',
    datasource: source,
    gridPos: { x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        custom: { fillOpacity: 10, showPoints: 'never', ...(thresholds ? { thresholdsStyle: { mode: 'line' } } : {}) },
        ...(thresholds ? { thresholds: { mode: 'absolute', steps: steps(thresholds) } } : {}),
      },
      overrides: [],
    },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: queries.map(({ expr, legend }, query) => ({
      refId: String.fromCharCode(65 + query),
      datasource: source,
      expr,
      legendFormat: legend,
    })),
  };
}

function steps({ normal, alarm }: NonNullable<Panel['thresholds']>): readonly object[] {
  const all = [
    { color: 'green', value: null },
    { color: 'yellow', value: normal },
  ];
  return alarm === undefined ? all : [...all, { color: 'red', value: alarm }];
}
