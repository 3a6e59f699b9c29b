import type { Exchange } from '../listen/exchange.ts';
import type { RuleMatch, Snapshot } from '../snapshot/snapshot.ts';
import { Forward } from './forward.ts';
import type { Gateway } from './gateway.ts';
import { answerHealth } from './healthPaths.ts';
import { PolicyRun } from './policyRun.ts';
import { ProxiedRequest } from './proxiedRequest.ts';

/**
 * The request path, in its order: what cannot be understood is refused, the rule is found, its policies and those of the fleet are asked,
 * the rule's own answers are given, the rest goes to a backend. Filters that change the request or the response run as it is forwarded.
 */
export function handle(exchange: Exchange, gateway: Gateway): void {
  const request = new ProxiedRequest(exchange, gateway);
  if (!request.readTarget()) return request.refuse('BadTarget');

  const { snapshot } = gateway;
  if (snapshot === undefined) return request.refuse('NoTable');
  if (answerHealth(request, snapshot.settings.healthPrefix, gateway)) return;

  const matched = snapshot.matcher.match(request);
  if (matched === undefined) return request.refuse('NoRoute');
  request.matched = matched;

  const policies = snapshot.policies.of(matched.compiled, request.host, request.path);
  if (policies === undefined) return serve(gateway, request, snapshot);
  new PolicyRun(gateway, request, snapshot).start(policies, serve);
}

/** Serves a request that may pass. */
function serve(gateway: Gateway, request: ProxiedRequest, snapshot: Snapshot): void {
  const { compiled } = request.matched as RuleMatch;
  const { filters, backends } = compiled;
  const answer = filters.answer(request);
  if (answer !== undefined) return request.answer(answer);

  const { exchange } = request;
  const maxBodyBytes = compiled.maxRequestBodyBytes || snapshot.settings.clientTraffic.maxRequestBodyBytes;
  if (maxBodyBytes > 0 && (exchange.bodyLength ?? 0) > maxBodyBytes) return request.refuse('BodyTooLarge');

  const kept = compiled.persistence?.find(exchange.headers, request.begunAt);
  request.keptAt = kept?.endpoint;
  const backend = kept?.backend ?? backends.pick(request.begunAt);
  if (backend === undefined || backend === null) return request.refuse('BackendUnresolved');
  request.reservedFields = snapshot.policies.reserved(compiled);
  new Forward(gateway, request, compiled, backend, maxBodyBytes).start();
}
