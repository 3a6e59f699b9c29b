import type { BackendEndpoints } from '@evergate/contract/endpoints';
import type { Match, NamedMatch, Rule } from '@evergate/contract/routeTable';
import type { HeaderList } from '@evergate/gateway/listen/exchange';
import type { Explanation } from '@evergate/gateway/match/explain';
import type { ExplainedBackend, ExplainedRequest, Fate } from './explain.ts';

/** Lists are cut here, so that a question about a large table has a readable answer. */
const SHOWN_CANDIDATES = 50;
const SHOWN_ENDPOINTS = 5;

/** Writes an explanation for people; the text ends with a line feed. */
export function formatExplanation(explained: ExplainedRequest): string {
  const { target, candidates, foreign, winner } = explained;
  const query = target.query === '' ? '' : `?${target.query}`;
  const shown = candidates.slice(0, SHOWN_CANDIDATES);
  const hidden = candidates.length - shown.length;
  return [
    `${target.method} ${target.host}${target.path}${query} on listener ${target.listener}`,
    '',
    ...shown.flatMap((candidate) => formatCandidate(candidate, winner?.explanation)),
    ...(hidden > 0 ? [`   ${hidden} more come later`] : []),
    ...(foreign > 0 ? [`   ${foreign} more are for other hosts`] : []),
    '',
    ...(winner === undefined ? ['No rule matches: answered 404.'] : formatWinner(winner.explanation, winner.fate)),
    '',
  ].join('\n');
}

function formatCandidate(candidate: Explanation, winner: Explanation | undefined): readonly string[] {
  const { rule, compiledMatch, hostname, mismatch } = candidate;
  const mark = candidate === winner ? '=>' : '  ';
  const later = candidate === winner ? 'matches' : 'matches too, and comes later';
  return [
    `${mark} ${nameOf(rule)}: ${describeMatch(compiledMatch.match)} for ${hostname ?? '*'}`,
    `      ${mismatch ?? later}`,
  ];
}

function describeMatch({ path, method, headers, queryParams }: Match): string {
  const head = `${method === undefined ? '' : `${method} `}${path.type} ${path.value}`;
  return [
    head,
    ...headers.map((header) => describe('header', header)),
    ...queryParams.map((param) => describe('query', param)),
  ].join(', ');
}

function describe(what: string, { type, name, value }: NamedMatch): string {
  return `${what} ${name} ${type === 'Exact' ? '=' : '~'} ${JSON.stringify(value)}`;
}

function formatWinner({ rule }: Explanation, fate: Fate): readonly string[] {
  const filters = rule.filters.map(({ type }) => type).join(', ');
  return [
    `${nameOf(rule)} answers.`,
    ...(filters === '' ? [] : [`  filters   ${filters}`]),
    ...(fate.type === 'answered' ? formatAnswer(fate.answer) : formatSent(fate)),
  ];
}

function formatAnswer({ status, headers, body }: Extract<Fate, { type: 'answered' }>['answer']): readonly string[] {
  const size = body === undefined ? '' : ` and a body of ${body.length} bytes`;
  return [`  answer    ${status} without a backend${size}`, ...formatHeaders(headers)];
}

function formatSent({
  target,
  authority,
  headers,
  mirrors,
  backends,
}: Extract<Fate, { type: 'sent' }>): readonly string[] {
  return [
    `  sends     ${target} to host ${authority}`,
    ...formatHeaders(headers),
    ...mirrors.map(({ backend, percent }) => `  mirror    ${percent} % of requests to ${backend}`),
    ...backends.map(formatBackend),
  ];
}

function formatHeaders(headers: HeaderList): readonly string[] {
  return headers.flatMap((name, i) => (i % 2 === 0 ? [`  header    ${name}: ${headers[i + 1] ?? ''}`] : []));
}

function formatBackend({ backend, weight, share }: ExplainedBackend): string {
  const percent = Number((share * 100).toFixed(2));
  const where = backend === undefined ? 'does not exist: answered 500' : formatEndpoints(backend);
  return `  backend   ${backend?.id ?? '(unresolved)'}  weight ${weight}, ${percent} %  ${where}`;
}

function formatEndpoints({ endpoints, clusterAddress }: BackendEndpoints): string {
  const shown = endpoints.slice(0, SHOWN_ENDPOINTS).map(({ address, port, ready }) => {
    const host = address.includes(':') ? `[${address}]` : address;
    return `${host}:${port}${ready ? '' : ' (not ready)'}`;
  });
  const hidden = endpoints.length - shown.length;
  const last = clusterAddress === undefined ? [] : [`last resort ${clusterAddress.address}:${clusterAddress.port}`];
  const all = [...shown, ...(hidden > 0 ? [`and ${hidden} more`] : []), ...last];
  return all.length === 0 ? 'no endpoint: answered 503' : all.join(', ');
}

function nameOf({ route, name }: Rule): string {
  return `rule ${name} of GatewayRoute ${route.namespace}/${route.name}`;
}
