import type { Dashboard } from './dashboard.ts';

function quantile(metric: string): string {
  return `histogram_quantile(0.99, sum by (le) (rate(${metric}_bucket[$__rate_interval])))`;
}

/** How the operator keeps up. */
export const operatorDashboard: Dashboard = {
  name: 'operator',
  title: 'Operator',
  choices: [],
  panels: [
    {
      title: 'Leader',
      meaning: 'One of them leads; EvergateNoLeader fires when none does.',
      unit: 'short',
      queries: [{ expr: 'sum by (pod) (evergate_operator_leader)', legend: '{{pod}}' }],
    },
    {
      title: 'From a change to every gateway',
      meaning: 'The p99, from the operator hearing of a generation of a route to every gateway serving it.',
      unit: 's',
      queries: [{ expr: quantile('evergate_operator_propagation_seconds'), legend: 'p99' }],
    },
    {
      title: 'Turns of fleets',
      meaning: 'By what came of them.',
      unit: 'ops',
      queries: [
        {
          expr: 'sum by (outcome) (rate(evergate_operator_reconciles_total[$__rate_interval]))',
          legend: '{{outcome}}',
        },
      ],
    },
    {
      title: 'Time of a turn',
      meaning: 'The p99 of a turn of one fleet.',
      unit: 's',
      queries: [{ expr: quantile('evergate_operator_reconcile_seconds'), legend: 'p99' }],
    },
    {
      title: 'Waiting',
      meaning: 'Fleets that wait for a turn, and statuses that wait to be written.',
      unit: 'short',
      queries: [
        { expr: 'max(evergate_operator_queue_depth)', legend: 'fleets' },
        { expr: 'max(evergate_operator_statuses_waiting)', legend: 'statuses' },
      ],
    },
    {
      title: 'Gateways behind',
      meaning: 'Those that have not taken the newest table; EvergateNotAcknowledged fires after two minutes.',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (fleet, state) (evergate_operator_gateways{state=~"behind|unreachable"})',
          legend: '{{fleet}} {{state}}',
        },
      ],
      thresholds: { normal: 1 },
    },
    {
      title: 'Requests to the API server',
      meaning: 'By their status; 0 is no answer.',
      unit: 'ops',
      queries: [
        {
          expr: 'sum by (status) (rate(evergate_operator_api_requests_total[$__rate_interval]))',
          legend: '{{status}}',
        },
      ],
    },
    {
      title: 'Written to documents',
      meaning: 'Bytes of routes, endpoints and secrets. A fleet writes 1 MiB a second at most.',
      unit: 'Bps',
      queries: [
        {
          expr: 'sum by (fleet, document) (rate(evergate_operator_document_written_bytes_total[$__rate_interval]))',
          legend: '{{fleet}} {{document}}',
        },
      ],
    },
  ],
};
