import type { BackendRow } from './backendCounters.ts';
import { backendResilience } from './backendFamilies.ts';
import type { Counters } from './counters.ts';
import type { LongestBlock } from './eventLoop.ts';
import { type FamilyType, familyHead, sample } from './exposition.ts';
import type { Histogram } from './histogram.ts';
import type { ReasonCounters } from './reasonCounters.ts';
import type { RuleRow } from './ruleCounters.ts';

/* The families that the request path counts, each a generator of chunks: its head, then one sample a chunk. */

interface Family {
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
}
type Numbers = Family & { readonly read: (counters: Counters, longest: LongestBlock) => number | undefined };
type OfRows<Row> = Family & { readonly read: (row: Row) => number };

const numbers: readonly Numbers[] = [
  counter('evergate_connections_total', 'Client connections accepted.', (all) => all.connectionsAccepted),
  counter('evergate_connections_refused_total', 'Client connections refused.', (all) => all.connectionsRefused),
  gauge('evergate_connections_open', 'Client connections open now.', (all) => all.connectionsOpen),
  gauge('evergate_requests_in_flight', 'Requests being served now.', (all) => all.requestsInFlight),
  counter('evergate_client_aborts_total', 'Requests whose client went away before the end.', (all) => all.clientAborts),
  counter('evergate_upstream_connects_total', 'Connections opened to backends.', (all) => all.upstreamConnects),
  counter(
    'evergate_upstream_connect_failures_total',
    'Failed attempts to connect to backends.',
    (all) => all.upstreamConnectFailures,
  ),
  counter('evergate_upstream_retries_total', 'Attempts after the first of a request.', (all) => all.upstreamRetries),
  counter('evergate_mirrors_dropped_total', 'Copies of requests that were not sent.', (all) => all.mirrorsDropped),
  gauge('evergate_mirrors_in_flight', 'Copies of requests being sent now.', (all) => all.mirrorsInFlight),
  counter('evergate_probes_total', 'Probes of endpoints.', (all) => all.probesSent),
  counter('evergate_probes_failed_total', 'Probes that an endpoint failed.', (all) => all.probesFailed),
  counter(
    'evergate_probes_postponed_total',
    'Times that a probe had to wait because too many were due.',
    (all) => all.probesPostponed,
  ),
  counter('evergate_dns_lookups_total', 'Lookups of names of ExternalName Services.', (all) => all.dnsLookups),
  counter(
    'evergate_dns_failures_total',
    'Lookups without an answer; the last addresses stayed.',
    (all) => all.dnsFailures,
  ),
  counter(
    'evergate_dns_forbidden_addresses_total',
    'Addresses that a name resolved to and that must not be connected to.',
    (all) => all.dnsForbidden,
  ),
  counter('evergate_reloads_total', 'Route tables swapped in.', (all) => all.reloadsSucceeded),
  counter('evergate_reloads_refused_total', 'Route tables refused; the last one stayed.', (all) => all.reloadsRefused),
  counter(
    'evergate_log_lines_dropped_total',
    'Log lines that the reader of stdout did not take in time.',
    (all) => all.logLinesDropped,
  ),
  gauge('evergate_table_epoch', 'Epoch of the route table served.', (all) => all.table()?.order.epoch),
  gauge('evergate_table_sequence', 'Sequence of the route table served.', (all) => all.table()?.order.sequence),
  gauge('evergate_table_age_seconds', 'How long that table has been served.', (all) => seconds(all.table()?.ageMs)),
  gauge(
    'evergate_event_loop_block_seconds_max',
    'Longest block of the event loop since the last scrape.',
    (_, longest) => seconds(longest.wallMs),
  ),
  gauge(
    'evergate_event_loop_block_cpu_seconds_max',
    'Longest block of the event loop since the last scrape, in CPU time of its thread.',
    (_, longest) => seconds(longest.cpuMs),
  ),
  counter('evergate_request_bytes_total', 'Bytes of request bodies.', (all) => all.rules.totals().requestBytes),
  counter('evergate_response_bytes_total', 'Bytes of response bodies.', (all) => all.rules.totals().responseBytes),
];

const ruleSums: readonly OfRows<RuleRow>[] = [
  {
    name: 'evergate_route_request_duration_seconds_total',
    type: 'counter',
    help: 'Seconds that the requests of a rule took together.',
    read: (row) => row.durationMs / 1_000,
  },
  {
    name: 'evergate_route_request_bytes_total',
    type: 'counter',
    help: 'Bytes of request bodies, by rule.',
    read: (row) => row.requestBytes,
  },
  {
    name: 'evergate_route_response_bytes_total',
    type: 'counter',
    help: 'Bytes of response bodies, by rule.',
    read: (row) => row.responseBytes,
  },
];

const backendCells: readonly OfRows<BackendRow>[] = [
  {
    name: 'evergate_backend_requests_total',
    type: 'counter',
    help: 'Attempts sent to a backend.',
    read: (row) => row.requests,
  },
  {
    name: 'evergate_backend_failures_total',
    type: 'counter',
    help: 'Attempts that the backend failed.',
    read: (row) => row.failures,
  },
  {
    name: 'evergate_backend_requests_in_flight',
    type: 'gauge',
    help: 'Attempts under way to a backend; none are left out.',
    read: (row) => row.inFlight,
  },
];

/** What concerns the gateway as a whole: about a hundred samples. */
export function* gatewayFamilies(counters: Counters, longest: LongestBlock): Generator<string> {
  for (const family of numbers) {
    const value = family.read(counters, longest);
    yield headOf(family);
    if (value !== undefined) yield sample(family.name, '', value);
  }
  yield familyHead('evergate_requests_total', 'counter', 'Requests answered, by status class.');
  yield* classSamples('evergate_requests_total', counters.rules.totals());
  yield* histogram('evergate_request_duration_seconds', 'Whole exchanges.', counters.requestDuration);
  yield* histogram('evergate_first_byte_seconds', 'Request head to response head of the backend.', counters.firstByte);
  yield* reasons('evergate_local_answers_total', 'Answers that the gateway gave by itself.', counters.localAnswers);
  yield* reasons('evergate_upstream_errors_total', 'Failed attempts, by what failed.', counters.upstreamErrors);
}

/** What each backend did. Cells that are zero are left out, but for the endpoints. */
export function* backendFamilies({ backends }: Counters): Generator<string> {
  const ready = 'evergate_backend_endpoints_ready';
  yield familyHead(ready, 'gauge', 'Endpoints of a backend that may be chosen.');
  for (const row of rowsOf(backends)) yield sample(ready, row.labels, row.endpointsReady);
  for (const family of backendCells) yield* nonZero(family, rowsOf(backends));
  yield* backendResilience(backends);
}

/** What each rule did. Cells that are zero are left out. */
export function* ruleFamilies({ rules }: Counters): Generator<string> {
  const requests = 'evergate_route_requests_total';
  yield familyHead(requests, 'counter', 'Requests answered, by rule and status class.');
  for (const row of rowsOf(rules)) yield* classSamples(requests, row);
  for (const family of ruleSums) yield* nonZero(family, rowsOf(rules));
}

/** Rows may come and go while a scrape breathes; each is read when its turn comes. */
function* rowsOf<Row>(table: { readonly size: number; row(index: number): Row | undefined }): Generator<Row> {
  for (let index = 0; index < table.size; index += 1) {
    const row = table.row(index);
    if (row !== undefined) yield row;
  }
}

function* nonZero<Row extends { readonly labels: string }>(
  family: OfRows<Row>,
  rows: Iterable<Row>,
): Generator<string> {
  yield headOf(family);
  for (const row of rows) {
    const value = family.read(row);
    if (value !== 0) yield sample(family.name, row.labels, value);
  }
}

function* classSamples(name: string, row: RuleRow): Generator<string> {
  const others = row.labels === '' ? '' : `${row.labels},`;
  for (let index = 0; index < row.byClass.length; index += 1) {
    const count = row.byClass[index] as number;
    if (count > 0) yield sample(name, `${others}code="${index + 1}xx"`, count);
  }
}

function* reasons(name: string, help: string, counted: ReasonCounters<string>): Generator<string> {
  yield familyHead(name, 'counter', help);
  for (const reason of counted.reasons) yield sample(name, `reason="${reason}"`, counted.count(reason));
}

/** Read at once, so that a breath in between leaves the buckets consistent. */
function* histogram(name: string, help: string, durations: Histogram): Generator<string> {
  const buckets = durations.cumulative();
  const sumMs = durations.sumMs;
  yield familyHead(name, 'histogram', help);
  for (const { boundMs, count } of buckets) {
    yield sample(`${name}_bucket`, `le="${boundMs === Number.POSITIVE_INFINITY ? '+Inf' : boundMs / 1_000}"`, count);
  }
  yield sample(`${name}_sum`, '', sumMs / 1_000);
  yield sample(`${name}_count`, '', buckets.at(-1)?.count ?? 0);
}

function headOf({ name, type, help }: Family): string {
  return familyHead(name, type, help);
}

function counter(name: string, help: string, read: Numbers['read']): Numbers {
  return { name, type: 'counter', help, read };
}

function gauge(name: string, help: string, read: Numbers['read']): Numbers {
  return { name, type: 'gauge', help, read };
}

function seconds(durationMs: number | undefined): number | undefined {
  return durationMs === undefined ? undefined : durationMs / 1_000;
}
