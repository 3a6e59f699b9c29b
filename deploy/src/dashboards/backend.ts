import type { Dashboard } from './dashboard.ts';

const chosen = 'fleet=~"$fleet", backend=~"$backend"';

function perBackend(metric: string): string {
  return `sum by (backend) (rate(${metric}{${chosen}}[$__rate_interval]))`;
}

const name = '{{backend}}';

/** What each backend does, and how it is protected. */
export const backendDashboard: Dashboard = {
  name: 'backend',
  title: 'Backend',
  choices: [
    { name: 'fleet', label: 'fleet', metric: 'evergate_connections_total' },
    { name: 'backend', label: 'backend', metric: 'evergate_backend_endpoints_ready{fleet=~"$fleet"}' },
  ],
  panels: [
    {
      title: 'Attempts',
      meaning: 'Requests sent to a backend, those tried again included.',
      unit: 'reqps',
      queries: [{ expr: perBackend('evergate_backend_requests_total'), legend: name }],
    },
    {
      title: 'Failures',
      meaning: 'The share of attempts for whose failure the backend is to blame.',
      unit: 'percentunit',
      queries: [
        {
          expr: `${perBackend('evergate_backend_failures_total')} / ${perBackend('evergate_backend_requests_total')}`,
          legend: name,
        },
      ],
      thresholds: { normal: 0.001, alarm: 0.01 },
    },
    {
      title: 'Endpoints',
      meaning: 'As the gateway that knows fewest of them sees it, and those that are ready and yet not healthy.',
      unit: 'short',
      queries: [
        { expr: `min by (backend) (evergate_backend_endpoints_ready{${chosen}})`, legend: `ready ${name}` },
        {
          expr: `max by (backend, state) (evergate_backend_endpoints_unhealthy{${chosen}})`,
          legend: `{{state}} ${name}`,
        },
      ],
    },
    {
      title: 'Circuit breakers',
      meaning: 'How many gateways have it open or half-open; EvergateCircuitOpen fires for one.',
      unit: 'short',
      queries: [
        { expr: `count by (backend) (evergate_backend_breaker_state{${chosen}} >= 1)`, legend: `not closed ${name}` },
      ],
      thresholds: { normal: 1 },
    },
    {
      title: 'Attempts refused',
      meaning: 'By an open breaker, and because the backend has as many requests as it may have.',
      unit: 'reqps',
      queries: [
        { expr: perBackend('evergate_backend_breaker_refusals_total'), legend: `breaker ${name}` },
        { expr: perBackend('evergate_backend_overloaded_total'), legend: `overloaded ${name}` },
      ],
    },
    {
      title: 'In flight and waiting',
      meaning: 'Attempts under way, and requests that wait for a connection.',
      unit: 'short',
      queries: [
        { expr: `sum by (backend) (evergate_backend_requests_in_flight{${chosen}})`, legend: `in flight ${name}` },
        { expr: `sum by (backend) (evergate_backend_requests_waiting{${chosen}})`, legend: `waiting ${name}` },
      ],
    },
    {
      title: 'Attempts after the first',
      meaning: 'Made, and not made because the budget was used up.',
      unit: 'reqps',
      queries: [
        { expr: perBackend('evergate_backend_retries_total'), legend: `made ${name}` },
        { expr: perBackend('evergate_backend_retries_denied_total'), legend: `denied ${name}` },
      ],
    },
    {
      title: 'Endpoints taken out',
      meaning: 'Because requests failed there.',
      unit: 'ops',
      queries: [{ expr: perBackend('evergate_backend_ejections_total'), legend: name }],
    },
  ],
};
