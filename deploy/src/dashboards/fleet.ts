import type { Dashboard, Panel } from './dashboard.ts';

const fleet = 'fleet=~"$fleet"';
const codes = `sum by (code) (rate(evergate_requests_total{${fleet}}[$__rate_interval]))`;
const failed = `sum by (fleet) (rate(evergate_requests_total{${fleet}, code="5xx"}[$__rate_interval]))`;
const answered = `sum by (fleet) (rate(evergate_requests_total{${fleet}}[$__rate_interval]))`;

function quantile(share: number, metric: string): string {
  return `histogram_quantile(${share}, sum by (le) (rate(${metric}_bucket{${fleet}}[$__rate_interval])))`;
}

const traffic: readonly Panel[] = [
  {
    title: 'Requests',
    meaning: 'Requests answered, by the class of their status.',
    unit: 'reqps',
    queries: [{ expr: codes, legend: '{{code}}' }],
  },
  {
    title: 'Errors',
    meaning: 'The share answered with 5xx. Normal is below 0.1 %; EvergateErrors fires above 1 %.',
    unit: 'percentunit',
    queries: [{ expr: `${failed} / ${answered}`, legend: '{{fleet}}' }],
    thresholds: { normal: 0.001, alarm: 0.01 },
  },
  {
    title: 'Time to the first byte',
    meaning:
      'From the head of the request to that of the response. A p99 below 100 ms is normal; EvergateSlow fires above 500 ms.',
    unit: 's',
    queries: [0.5, 0.9, 0.99].map((share) => ({
      expr: quantile(share, 'evergate_first_byte_seconds'),
      legend: `p${share * 100}`,
    })),
    thresholds: { normal: 0.1, alarm: 0.5 },
  },
  {
    title: 'Whole exchanges',
    meaning: 'To the last byte: long downloads, event streams and slow clients are in it.',
    unit: 's',
    queries: [{ expr: quantile(0.99, 'evergate_request_duration_seconds'), legend: 'p99' }],
  },
  {
    title: 'Answers of the gateways themselves',
    meaning: 'By reason; docs/errors.md says of each what to do.',
    unit: 'reqps',
    queries: [
      {
        expr: `sum by (reason) (rate(evergate_local_answers_total{${fleet}}[$__rate_interval])) > 0`,
        legend: '{{reason}}',
      },
    ],
  },
  {
    title: 'In flight',
    meaning: 'Requests and connections that a gateway has open.',
    unit: 'short',
    queries: [
      { expr: `sum by (pod) (evergate_requests_in_flight{${fleet}})`, legend: 'requests {{pod}}' },
      { expr: `sum by (pod) (evergate_connections_open{${fleet}})`, legend: 'connections {{pod}}' },
    ],
  },
];

const pods: readonly Panel[] = [
  {
    title: 'Gateways',
    meaning: 'As the operator counts them. EvergateTooFewGateways fires below three ready ones.',
    unit: 'short',
    queries: [{ expr: `sum by (state) (evergate_operator_gateways{${fleet}})`, legend: '{{state}}' }],
  },
  {
    title: 'Redis',
    meaning:
      'Whether a gateway gets answers from it; empty for a fleet without one. EvergateRedisDown fires after a minute at 0.',
    unit: 'short',
    queries: [{ expr: `min by (pod) (evergate_redis_up{${fleet}})`, legend: '{{pod}}' }],
  },
  {
    title: 'CPU',
    meaning: 'Of the limit of a gateway. Up to 70 % is normal; EvergateGatewayCpuHigh fires above 85 %.',
    unit: 'percentunit',
    queries: [
      {
        expr: `rate(process_cpu_seconds_total{${fleet}}[$__rate_interval]) / evergate_cpu_limit_cores`,
        legend: '{{pod}}',
      },
    ],
    thresholds: { normal: 0.7, alarm: 0.85 },
  },
  {
    title: 'Memory',
    meaning: 'Of the limit of a gateway. Up to 75 % is normal; EvergateGatewayMemoryHigh fires above 90 %.',
    unit: 'percentunit',
    queries: [{ expr: `process_resident_memory_bytes{${fleet}} / evergate_memory_limit_bytes`, legend: '{{pod}}' }],
    thresholds: { normal: 0.75, alarm: 0.9 },
  },
  {
    title: 'Longest block of the event loop',
    meaning: 'Between two scrapes; while a gateway is blocked it serves nobody.',
    unit: 's',
    queries: [{ expr: `max by (pod) (evergate_event_loop_block_seconds_max{${fleet}})`, legend: '{{pod}}' }],
  },
  {
    title: 'Tables',
    meaning: 'Taken and refused; a refused one leaves the last one in place.',
    unit: 'ops',
    queries: [
      { expr: `sum(rate(evergate_reloads_total{${fleet}}[$__rate_interval]))`, legend: 'taken' },
      { expr: `sum(rate(evergate_reloads_refused_total{${fleet}}[$__rate_interval]))`, legend: 'refused' },
    ],
  },
  {
    title: 'Gateways that may serve something old',
    meaning:
      'Refused: the newest table is not valid. NoContact: the API server is away. EndpointsOld: for five minutes.',
    unit: 'short',
    queries: [{ expr: `sum by (reason) (evergate_documents_stale{${fleet}})`, legend: '{{reason}}' }],
  },
];

/** What a fleet does as a whole, and how its pods are. */
export const fleetDashboard: Dashboard = {
  name: 'fleet',
  title: 'Fleet',
  choices: [{ name: 'fleet', label: 'fleet', metric: 'evergate_connections_total' }],
  panels: [...traffic, ...pods],
};
