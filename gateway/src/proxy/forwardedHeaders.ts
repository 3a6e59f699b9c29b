import { RandomHex } from '../observe/randomHex.ts';
import { acceptRequestId } from '../observe/requestId.ts';
import { formatTraceparent, startTrace, type TraceContext } from '../observe/trace.ts';
import type { Filters } from '../policy/filters.ts';
import { withoutReserved } from '../policy/reservedFields.ts';
import type { Gateway } from './gateway.ts';
import type { ProxiedRequest } from './proxiedRequest.ts';
import { type HopFields, sortHeaders } from './requestHeaders.ts';

const random = new RandomHex();
const noHop: Partial<HopFields> = {};

/**
 * The fields that go to the backend, flat: the client's, edited by the rule's filters, and what the gateway says about the hop. Also
 * settles the request's id, trace and client address. Undefined where a field must not pass (an alias of a trusted one).
 */
export function forwardedHeaders(gateway: Gateway, request: ProxiedRequest, filters: Filters): string[] | undefined {
  const { forward: own, hop = noHop } = sortHeaders(request.headers);
  if (hop.alias === true) return undefined;
  const { reservedFields, identity } = request;
  const forward = reservedFields === undefined ? own : withoutReserved(own, reservedFields);
  if (identity !== undefined) forward.push(...identity.headers);
  filters.editRequest(forward);
  const host = filters.hostname ?? request.authority;
  if (host !== '') forward.push('host', host);
  const { bodyLength } = request.exchange;
  if (bodyLength !== undefined && bodyLength > 0) forward.push('content-length', String(bodyLength));
  addHop(forward, gateway, request, hop);
  return forward;
}

/** `X-Forwarded-*`, `Via` (RFC 9110 7.6.3), the request's id and its trace. A client's own word counts only behind trusted hops. */
function addHop(headers: string[], gateway: Gateway, request: ProxiedRequest, hop: Partial<HopFields>): void {
  const { trust } = gateway;
  const { address } = request.exchange.peer;
  const trusted = trust.trusts(address);
  const forwardedFor = trusted ? hop.forwardedFor : undefined;
  request.clientAddress = trust.clientAddress(address, forwardedFor);
  const trace = startTrace(random, hop.traceparent, hop.tracestate);
  request.traceId = trace.traceId;
  request.requestId = acceptRequestId(hop.requestId, trusted) ?? newRequestId(trace);
  if (trusted && hop.fromTrusted !== undefined) headers.push(...hop.fromTrusted);
  headers.push('x-forwarded-for', forwardedFor === undefined ? address : `${forwardedFor}, ${address}`);
  addUnlessSaid(headers, hop, trusted, 'x-forwarded-proto', request.scheme);
  addUnlessSaid(headers, hop, trusted, 'x-forwarded-host', request.authority);
  headers.push('x-request-id', request.requestId);
  headers.push('traceparent', formatTraceparent(trace));
  if (trace.state !== undefined) headers.push('tracestate', trace.state);
  const via = `${request.exchange.version} evergate`;
  headers.push('via', hop.via === undefined ? via : `${hop.via}, ${via}`);
}

/** The id of a trace that begins here is as good: one search then finds the request in logs and traces. */
function newRequestId(trace: TraceContext): string {
  return trace.parentId === undefined ? trace.traceId : random.draw(16);
}

function addUnlessSaid(
  headers: string[],
  hop: Partial<HopFields>,
  trusted: boolean,
  name: string,
  value: string,
): void {
  if (value === '' || (trusted && hop.fromTrusted?.includes(name) === true)) return;
  headers.push(name, value);
}
