import type { PersistenceSettings } from '@evergate/contract/persistenceSettings';
import type { HeaderList } from '../listen/exchange.ts';
import { headerValue } from '../match/headerValue.ts';
import { cookieOf } from '../policy/cookie.ts';
import type { Backend } from '../upstream/backend.ts';
import type { UpstreamEndpoint } from '../upstream/endpoint.ts';
import type { EndpointTokens } from './endpointTokens.ts';
import type { WeightedBackends } from './weightedBackends.ts';

/** Where a client's requests go. */
export interface KeptAt {
  readonly backend: Backend;
  readonly endpoint: UpstreamEndpoint;
}

/**
 * Keeps the requests of a client at one endpoint of a rule's backends, by a cookie. What a cookie says counts while that endpoint may be
 * chosen: once it is gone, not ready or not healthy, the next one is chosen as for anybody, and the cookie replaced.
 */
export class SessionPersistence {
  readonly #settings: PersistenceSettings['cookie'];
  readonly #backends: readonly Backend[];
  readonly #tokens: EndpointTokens;

  constructor({ cookie }: PersistenceSettings, backends: WeightedBackends, tokens: EndpointTokens) {
    this.#settings = cookie;
    this.#backends = backends.entries.flatMap(({ backend }) => backend ?? []);
    this.#tokens = tokens;
  }

  /** Where the cookie of a request says it goes; undefined without one, and for one that nobody of the fleet made. */
  find(headers: HeaderList, now: number): KeptAt | undefined {
    const token = cookieOf(headerValue(headers, 'cookie'), this.#settings.name);
    if (token === undefined) return undefined;
    for (const backend of this.#backends) {
      const endpoint = this.#tokens.find(backend, token, now);
      if (endpoint !== undefined) return { backend, endpoint };
    }
    return undefined;
  }

  /** The `Set-Cookie` that keeps a client where it was served; undefined where that is no endpoint to be kept at. */
  cookieFor(endpoint: UpstreamEndpoint, isSecure: boolean, now: number): string | undefined {
    for (const backend of this.#backends) {
      const token = this.#tokens.of(backend, endpoint, now);
      if (token !== undefined) return this.#cookie(token, isSecure);
    }
    return undefined;
  }

  /** RFC 6265 4.1.1. */
  #cookie(token: string, isSecure: boolean): string {
    const { name, maxAgeSeconds, sameSite } = this.#settings;
    const age = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`;
    return `${name}=${token}; Path=/${age}; HttpOnly; SameSite=${sameSite}${isSecure ? '; Secure' : ''}`;
  }
}
