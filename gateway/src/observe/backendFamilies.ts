import type { BackendColumn, BackendCounters } from './backendCounters.ts';
import { type FamilyType, familyHead, sample } from './exposition.ts';

/* What health, breaker, limits and retries did for each backend. Cells that are zero are left out. */

interface Cell {
  readonly column: BackendColumn;
  /** Tells the samples of a family apart, where it has several. */
  readonly label?: string;
}

interface Family {
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
  readonly columns: readonly Cell[];
}

const families: readonly Family[] = [
  counter('evergate_backend_retries_total', 'Attempts after the first of a request.', 'retries'),
  counter(
    'evergate_backend_retries_denied_total',
    'Attempts that were not made because the budget for retries was used up.',
    'retriesDenied',
  ),
  counter('evergate_backend_breaker_refusals_total', 'Attempts that an open breaker refused.', 'breakerRefusals'),
  counter('evergate_backend_overloaded_total', 'Requests beyond the limits of a backend.', 'overloaded'),
  counter('evergate_backend_ejections_total', 'Endpoints taken out because requests failed there.', 'ejections'),
  {
    name: 'evergate_backend_endpoints_unhealthy',
    type: 'gauge',
    help: 'Endpoints of a backend that are ready and yet not healthy, by what is wrong.',
    columns: [
      { column: 'unreachable', label: 'state="unreachable"' },
      { column: 'unhealthy', label: 'state="unhealthy"' },
      { column: 'ejected', label: 'state="ejected"' },
    ],
  },
  {
    name: 'evergate_backend_breaker_state',
    type: 'gauge',
    help: 'State of the circuit breaker: 1 is half-open, 2 open; closed ones are left out.',
    columns: [{ column: 'breakerState' }],
  },
  {
    name: 'evergate_backend_requests_waiting',
    type: 'gauge',
    help: 'Requests that wait for a connection now.',
    columns: [{ column: 'waiting' }],
  },
];

export function* backendResilience(backends: BackendCounters): Generator<string> {
  for (const family of families) {
    yield familyHead(family.name, family.type, family.help);
    for (const cell of family.columns) yield* samples(family.name, cell, backends);
  }
}

function* samples(name: string, { column, label }: Cell, backends: BackendCounters): Generator<string> {
  for (let index = 0; index < backends.size; index += 1) {
    const labels = backends.labels(index);
    const value = backends.cell(index, column);
    if (labels === undefined || value === 0) continue;
    yield sample(name, label === undefined ? labels : `${labels},${label}`, value);
  }
}

function counter(name: string, help: string, column: BackendColumn): Family {
  return { name, type: 'counter', help, columns: [{ column }] };
}
