import type { Filter } from '@evergate/contract/routeTable';
import { compilePathEdit, withQuery } from './pathEdit.ts';
import type { LocalAnswer, PolicyRequest } from './policyRequest.ts';

type RequestRedirect = Extract<Filter, { type: 'RequestRedirect' }>;

const DEFAULT_PORT = { http: 80, https: 443 } as const;

/**
 * Gateway API `HTTPRequestRedirectFilter`: what the filter does not name stays as it was requested, but for the port, which is
 * that of a scheme that is named, else the listener's, and is left out where the scheme implies it.
 */
export function compileRedirect(filter: RequestRedirect): (request: PolicyRequest) => LocalAnswer {
  const editPath = filter.path === undefined ? undefined : compilePathEdit(filter.path);
  return (request) => {
    const path = editPath?.(request.match, request.path) ?? request.path;
    const location = origin(filter, request) + withQuery(path, request.query);
    return { status: filter.statusCode, headers: ['location', escapeBytes(location), 'content-length', '0'] };
  };
}

/** Empty for a client that named no host: `http:///x` would send a browser to the host `x`. */
function origin(filter: RequestRedirect, request: PolicyRequest): string {
  const host = filter.hostname ?? request.authority.replace(/:\d*$/, '');
  if (host === '') return '';
  const scheme = filter.scheme ?? request.scheme;
  const port = filter.port ?? (filter.scheme === undefined ? request.listenerPort : DEFAULT_PORT[filter.scheme]);
  return port === DEFAULT_PORT[scheme] ? `${scheme}://${host}` : `${scheme}://${host}:${port}`;
}

/** Nothing that a client sent may end the field: the listener refuses such bytes, and this does not rely on it. */
function escapeBytes(text: string): string {
  return text.replace(
    /[^!-~]/g,
    (byte) => `%${(byte.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
