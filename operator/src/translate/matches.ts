import { normalisePath } from '@evergate/contract/normalisePath';
import type { Match, PathMatch } from '@evergate/contract/routeTable';
import type { RouteMatch } from '@evergate/crds/gatewayRoute';
import type { PatternCheck } from './patterns.ts';
import { repeatedHeaders } from './repeatedHeaders.ts';
import type { Finding } from './verdict.ts';

export interface ReadMatches {
  readonly matches: readonly Match[];
  /** With any, the matches are not fit to serve. */
  readonly problems: readonly Finding[];
}

/** Brings a rule's matches into the table's form: paths normalised, header names in lower case, expressions checked. */
export function readMatches(matches: readonly RouteMatch[], field: string, check: PatternCheck): ReadMatches {
  const problems: Finding[] = [];
  const read = matches.map((match, position): Match => {
    const own = `${field}.matches[${position}]`;
    problems.push(...findInvalid(match, own, check));
    return {
      path: readPath(match.path),
      ...(match.method === undefined ? {} : { method: match.method }),
      headers: match.headers.map(({ type, name, value }) => ({ type, name: name.toLowerCase(), value })),
      queryParams: match.queryParams.map(({ type, name, value }) => ({ type, name, value })),
    };
  });
  return { matches: read, problems };
}

function findInvalid(match: RouteMatch, field: string, check: PatternCheck): Finding[] {
  const isPattern = match.path.type === 'RegularExpression';
  const path = isPattern
    ? invalidPattern(`${field}.path.value`, match.path.value, check)
    : invalidPath(field, match.path);
  const headers = match.headers.flatMap(({ type, value }, position) =>
    type === 'RegularExpression' ? invalidPattern(`${field}.headers[${position}].value`, value, check) : [],
  );
  const queryParams = match.queryParams.flatMap(({ type, value }, position) =>
    type === 'RegularExpression' ? invalidPattern(`${field}.queryParams[${position}].value`, value, check) : [],
  );
  return [...path, ...repeatedHeaders(match.headers, `${field}.headers`), ...headers, ...queryParams];
}

function invalidPattern(field: string, pattern: string, check: PatternCheck): Finding[] {
  const problem = check(pattern);
  return problem === undefined ? [] : [{ reason: 'InvalidRegex', message: `${field}: ${problem}` }];
}

function invalidPath(field: string, path: RouteMatch['path']): Finding[] {
  if (normalisePath(path.value) !== undefined) return [];
  const message = `${field}.path.value: found ${JSON.stringify(path.value)}, which no normalised request path can equal; write it without escaped separators, backslashes and dot segments`;
  return [{ reason: 'UnsupportedValue', message }];
}

/** A prefix covers whole segments, so `/orders/` and `/orders` are the same. */
function readPath({ type, value }: RouteMatch['path']): PathMatch {
  if (type === 'RegularExpression') return { type, value };
  const path = normalisePath(value) ?? value;
  const isPadded = type === 'PathPrefix' && path !== '/' && path.endsWith('/');
  return { type, value: isPadded ? path.slice(0, -1) : path };
}
