import type { HeaderList } from '../listen/exchange.ts';
import { headerValue } from './headerValue.ts';

/**
 * The method that a CORS preflight asks for; undefined for any other request. A preflight is an OPTIONS request with `Origin` and
 * `Access-Control-Request-Method` (Fetch standard, CORS-preflight request).
 */
export function preflightMethod({ method, headers }: Asking): string | undefined {
  if (method !== 'OPTIONS' || headerValue(headers, 'origin') === undefined) return undefined;
  return headerValue(headers, 'access-control-request-method');
}

interface Asking {
  readonly method: string;
  readonly headers: HeaderList;
}
