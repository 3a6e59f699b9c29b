import type { Exchange } from '../listen/exchange.ts';
import { Forward } from './forward.ts';
import type { Gateway } from './gateway.ts';
import { answerHealth } from './healthPaths.ts';
import { ProxiedRequest } from './proxiedRequest.ts';

/**
 * The request path, in its order: what cannot be understood is refused, the rule is found, the rule's own answers are given, the
 * rest goes to a backend. Filters that change the request or the response run as it is forwarded.
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

  const { filters, backends } = matched.compiled;
  const answer = filters.answer(request);
  if (answer !== undefined) return request.answer(answer);

  const maxBodyBytes = matched.compiled.maxRequestBodyBytes || snapshot.settings.clientTraffic.maxRequestBodyBytes;
  if (maxBodyBytes > 0 && (exchange.bodyLength ?? 0) > maxBodyBytes) return request.refuse('BodyTooLarge');

  const backend = backends.pick(request.begunAt);
  if (backend === undefined || backend === null) return request.refuse('BackendUnresolved');
  new Forward(gateway, request, matched.compiled, backend, maxBodyBytes).start();
}
