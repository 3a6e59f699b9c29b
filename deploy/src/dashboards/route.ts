import type { Dashboard } from './dashboard.ts';

const chosen = 'fleet=~"$fleet", namespace=~"$namespace", route=~"$route"';

function perRoute(metric: string, more = ''): string {
  return `sum by (namespace, route) (rate(${metric}{${chosen}${more}}[$__rate_interval]))`;
}

/** What each route does; only while `telemetry.metrics.perRoute` of its fleet is All. */
export const routeDashboard: Dashboard = {
  name: 'route',
  title: 'Route',
  choices: [
    { name: 'fleet', label: 'fleet', metric: 'evergate_connections_total' },
    { name: 'namespace', label: 'namespace', metric: 'evergate_route_requests_total{fleet=~"$fleet"}' },
    { name: 'route', label: 'route', metric: 'evergate_route_requests_total{namespace=~"$namespace"}' },
  ],
  panels: [
    {
      title: 'Requests',
      meaning: 'Requests answered, by route.',
      unit: 'reqps',
      queries: [{ expr: perRoute('evergate_route_requests_total'), legend: '{{namespace}}/{{route}}' }],
    },
    {
      title: 'Errors',
      meaning: 'The share answered with 5xx. Normal is below 0.1 %.',
      unit: 'percentunit',
      queries: [
        {
          expr: `${perRoute('evergate_route_requests_total', ', code="5xx"')} / ${perRoute('evergate_route_requests_total')}`,
          legend: '{{namespace}}/{{route}}',
        },
      ],
      thresholds: { normal: 0.001, alarm: 0.01 },
    },
    {
      title: 'Statuses',
      meaning: 'Requests answered, by the class of their status and rule.',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (route, rule, code) (rate(evergate_route_requests_total{${chosen}}[$__rate_interval]))`,
          legend: '{{route}} {{rule}} {{code}}',
        },
      ],
    },
    {
      title: 'Mean time of an exchange',
      meaning: 'From the first byte of the request to the last of the response.',
      unit: 's',
      queries: [
        {
          expr: `${perRoute('evergate_route_request_duration_seconds_total')} / ${perRoute('evergate_route_requests_total')}`,
          legend: '{{namespace}}/{{route}}',
        },
      ],
    },
    {
      title: 'Received',
      meaning: 'Bytes of request bodies.',
      unit: 'Bps',
      queries: [{ expr: perRoute('evergate_route_request_bytes_total'), legend: '{{namespace}}/{{route}}' }],
    },
    {
      title: 'Sent',
      meaning: 'Bytes of response bodies.',
      unit: 'Bps',
      queries: [{ expr: perRoute('evergate_route_response_bytes_total'), legend: '{{namespace}}/{{route}}' }],
    },
  ],
};
