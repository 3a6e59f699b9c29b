import type { Gateway } from './gateway.ts';
import type { ProxiedRequest } from './proxiedRequest.ts';

/**
 * The data port's two health paths, for load balancers: `<prefix>/health/live` and `<prefix>/health/ready`, a status code and nothing
 * else. They win over routes. False where the request asks for something else.
 */
export function answerHealth(request: ProxiedRequest, prefix: string, gateway: Gateway): boolean {
  if (prefix === '' || !request.path.startsWith(prefix)) return false;
  switch (request.path.slice(prefix.length)) {
    case '/health/live':
      request.answer({ status: 200, headers: ['content-length', '0'] });
      return true;
    case '/health/ready':
      request.answer({ status: gateway.ready ? 200 : 503, headers: ['content-length', '0'] });
      return true;
    default:
      return false;
  }
}
