/** Why the gateway answers by itself. */
export type Reason =
  | 'BadTarget'
  | 'BadHost'
  | 'BadHeader'
  | 'BadRequest'
  | 'RequestTimeout'
  | 'AccessDenied'
  | 'RateLimited'
  | 'LimitUnavailable'
  | 'Unauthenticated'
  | 'AuthDenied'
  | 'AuthUnavailable'
  | 'PolicyFailed'
  | 'NoRoute'
  | 'BodyTooLarge'
  | 'TargetTooLong'
  | 'ExpectationFailed'
  | 'HeadersTooLarge'
  | 'BackendUnresolved'
  | 'MethodNotSupported'
  | 'ConnectFailed'
  | 'NoEndpoints'
  | 'NoHealthyEndpoint'
  | 'BreakerOpen'
  | 'BackendOverloaded'
  | 'BackendQueueTimeout'
  | 'NoTable'
  | 'TooManyConnections'
  | 'UpstreamBroken'
  | 'RequestDeadline'
  | 'BackendDeadline'
  | 'VersionNotSupported';

/**
 * The one table of what the gateway answers by itself. Each reason is a label of `evergate_local_answers_total` and stands in
 * the answer's body; texts name what would help, never what a client may not know.
 */
export const reasons: Readonly<Record<Reason, { readonly status: number; readonly text: string }>> = {
  BadTarget: { status: 400, text: 'the request target is not a valid path' },
  BadHost: { status: 400, text: 'the Host field is missing, doubled or not a valid host' },
  BadHeader: { status: 400, text: 'a header field is not valid' },
  BadRequest: { status: 400, text: 'the request is not valid HTTP/1.1' },
  RequestTimeout: { status: 408, text: 'the request was not received in time' },
  AccessDenied: { status: 403, text: 'this address may not come in here' },
  RateLimited: { status: 429, text: 'too many requests; come again later' },
  LimitUnavailable: { status: 503, text: 'requests cannot be counted now, and without that none may pass' },
  Unauthenticated: { status: 401, text: 'no valid credentials came with the request' },
  AuthDenied: { status: 403, text: 'the authentication service refused the request' },
  AuthUnavailable: { status: 503, text: 'whether the request may pass cannot be found out now' },
  PolicyFailed: { status: 500, text: 'a policy of this route failed, and without it no request may pass' },
  NoRoute: { status: 404, text: 'no route matches this request' },
  BodyTooLarge: { status: 413, text: 'the request body exceeds the limit of this route' },
  TargetTooLong: { status: 414, text: 'the request target exceeds the limit' },
  ExpectationFailed: { status: 417, text: 'only 100-continue is understood in Expect' },
  HeadersTooLarge: { status: 431, text: 'the header fields exceed the limit' },
  BackendUnresolved: { status: 500, text: 'the route names a backend that cannot be resolved' },
  MethodNotSupported: { status: 501, text: 'the method is not supported here' },
  ConnectFailed: { status: 503, text: 'no endpoint of the backend could be connected to' },
  NoEndpoints: { status: 503, text: 'the backend has no endpoint that is ready' },
  NoHealthyEndpoint: { status: 503, text: 'no endpoint of the backend is healthy' },
  BreakerOpen: { status: 503, text: 'the backend failed too often and is left alone for a while' },
  BackendOverloaded: { status: 503, text: 'the backend has as many requests as it may have' },
  BackendQueueTimeout: { status: 503, text: 'the backend had no place for the request in time' },
  NoTable: { status: 503, text: 'the gateway has no route table yet' },
  TooManyConnections: { status: 503, text: 'the gateway has as many connections as it may have' },
  UpstreamBroken: { status: 502, text: 'the backend closed the connection without a complete answer' },
  RequestDeadline: { status: 504, text: 'the request took longer than its deadline' },
  BackendDeadline: { status: 504, text: 'the backend took longer than its deadline' },
  VersionNotSupported: { status: 505, text: 'only HTTP/1.0 and HTTP/1.1 are understood here' },
};

/** All reasons, for the metrics' closed label set. */
export const allReasons: readonly Reason[] = Object.keys(reasons) as Reason[];

const bodies = new Map<Reason, Buffer>();
const TYPE = 'application/problem+json';

/** The body of an answer: RFC 9457 problem details. */
export function problemBody(reason: Reason): Buffer {
  let body = bodies.get(reason);
  if (body === undefined) {
    const { status, text } = reasons[reason];
    body = Buffer.from(`${JSON.stringify({ status, title: text, reason })}\n`);
    bodies.set(reason, body);
  }
  return body;
}

/** Header fields of an answer, flat. */
export function problemHeaders(reason: Reason): string[] {
  return ['content-type', TYPE, 'content-length', String(problemBody(reason).length), 'cache-control', 'no-store'];
}
