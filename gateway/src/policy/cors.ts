import type { Filter } from '@evergate/contract/routeTable';
import { headerValue } from '../match/headerValue.ts';
import { preflightMethod } from '../match/preflight.ts';
import { removeHeaders } from './headerEdit.ts';
import { compileOrigins } from './originPattern.ts';
import type { LocalAnswer, PolicyRequest } from './policyRequest.ts';

type CorsFilter = Extract<Filter, { type: 'CORS' }>;

/** The fields a browser reads from a response; those of the backend give way, as two lines of one would void both. */
const RESPONSE_FIELDS: ReadonlySet<string> = new Set([
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-expose-headers',
]);

/** One method, or a list of names: what may be sent back to the client that sent it. */
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NAMES = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*$/;

const PREFLIGHT_VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

/** A compiled CORS filter. */
export interface Cors {
  /** Whether responses depend on the request's `Origin`. */
  readonly readsOrigin: boolean;
  /** The answer to a preflight, undefined for any other request. An origin that is not allowed gets an answer that allows nothing. */
  preflight(request: PolicyRequest): LocalAnswer | undefined;
  /** Says in a response, in place, what its reader may do; what the backend said about that is dropped. */
  editResponse(headers: string[], requestOrigin: string | undefined): void;
}

/** Gateway API `HTTPCORSFilter`, the protocol as in the Fetch standard. */
export function compileCors(filter: CorsFilter): Cors {
  const allowsAnyone = filter.allowOrigins.includes('*') && !filter.allowCredentials;
  const grant = allowsAnyone ? () => ['access-control-allow-origin', '*'] : compileGrant(filter);
  return {
    readsOrigin: !allowsAnyone,
    preflight(request) {
      const method = preflightMethod(request);
      if (method === undefined) return undefined;
      const granted = grant(headerValue(request.headers, 'origin'));
      if (granted.length > 0) granted.push(...permissions(filter, method, request));
      return { status: 204, headers: [...granted, 'vary', PREFLIGHT_VARY] };
    },
    editResponse(headers, requestOrigin) {
      removeHeaders(headers, RESPONSE_FIELDS);
      const granted = grant(requestOrigin);
      if (granted.length > 0) granted.push(...exposure(filter, headers));
      headers.push(...granted);
      if (!allowsAnyone) addVaryOrigin(headers);
    },
  };
}

/** The fields that let an origin in, none where it is not allowed. */
function compileGrant({ allowOrigins, allowCredentials }: CorsFilter): (origin: string | undefined) => string[] {
  const isAllowed = compileOrigins(allowOrigins);
  return (origin) => {
    if (origin === undefined || !isAllowed(origin)) return [];
    const fields = ['access-control-allow-origin', origin];
    if (allowCredentials) fields.push('access-control-allow-credentials', 'true');
    return fields;
  };
}

function permissions(filter: CorsFilter, method: string, { headers }: PolicyRequest): string[] {
  const fields = ['access-control-max-age', String(filter.maxAgeSeconds)];
  const methods = listed(filter.allowMethods, method, METHOD);
  if (methods !== '') fields.push('access-control-allow-methods', methods);
  const names = listed(filter.allowHeaders, headerValue(headers, 'access-control-request-headers'), NAMES);
  if (names !== '') fields.push('access-control-allow-headers', names);
  return fields;
}

/** A literal `*` would not cover credentials, nor `Authorization`: what is asked for is named instead. */
function listed(configured: readonly string[], asked: string | undefined, form: RegExp): string {
  if (!configured.includes('*')) return configured.join(', ');
  return asked !== undefined && form.test(asked) ? asked : '';
}

/** With credentials a `*` would be the name of a field: the fields there are, are named instead. */
function exposure({ exposeHeaders, allowCredentials }: CorsFilter, headers: readonly string[]): string[] {
  if (exposeHeaders.length === 0) return [];
  const names = exposeHeaders.includes('*') && allowCredentials ? namesOf(headers) : exposeHeaders;
  return names.length === 0 ? [] : ['access-control-expose-headers', names.join(', ')];
}

function namesOf(headers: readonly string[]): string[] {
  return [...new Set(headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()))];
}

/** A cache must not hand one origin's response to another. */
function addVaryOrigin(headers: string[]): void {
  const varies =
    headerValue(headers, 'vary')
      ?.toLowerCase()
      .split(/[ \t]*,[ \t]*/) ?? [];
  if (!varies.includes('origin') && !varies.includes('*')) headers.push('vary', 'Origin');
}
