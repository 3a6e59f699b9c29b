import type { Secrets } from '../policy/secrets.ts';
import type { Backend } from '../upstream/backend.ts';
import type { UpstreamEndpoint } from '../upstream/endpoint.ts';

/** 132 bits: nobody guesses one. */
const CHARACTERS = 22;

/** Of the endpoints of one backend that may be chosen. */
interface Table {
  readonly candidates: readonly UpstreamEndpoint[];
  readonly fleetKey: Buffer;
  readonly byToken: ReadonlyMap<string, UpstreamEndpoint>;
  readonly byEndpoint: ReadonlyMap<UpstreamEndpoint, string>;
}

/**
 * Names endpoints to clients by tokens that tell nothing of them: an HMAC under the fleet's key, so that every gateway of the fleet knows
 * those of the others, and nobody else can make one. As many as there are endpoints; one process has one of these.
 */
export class EndpointTokens {
  readonly #secrets: Secrets;
  readonly #tables = new WeakMap<Backend, Table>();

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** The endpoint of a backend that a token names, where it may be chosen at `now`. */
  find(backend: Backend, token: string, now: number): UpstreamEndpoint | undefined {
    return token.length === CHARACTERS ? this.#tableOf(backend, now).byToken.get(token) : undefined;
  }

  /** The token of an endpoint that may be chosen at `now`. */
  of(backend: Backend, endpoint: UpstreamEndpoint, now: number): string | undefined {
    return this.#tableOf(backend, now).byEndpoint.get(endpoint);
  }

  /** Made anew when the choice or the key changes; what is known of an endpoint is taken over. */
  #tableOf(backend: Backend, now: number): Table {
    const { candidates } = backend.selection(now);
    const { fleetKey } = this.#secrets;
    const before = this.#tables.get(backend);
    const isSameKey = before?.fleetKey === fleetKey;
    if (isSameKey && before.candidates === candidates) return before;
    const known = isSameKey ? before.byEndpoint : new Map<UpstreamEndpoint, string>();
    const byEndpoint = new Map(
      candidates.map((endpoint) => [endpoint, known.get(endpoint) ?? this.#tokenOf(backend, endpoint)]),
    );
    const byToken = new Map([...byEndpoint].map(([endpoint, token]) => [token, endpoint]));
    const table = { candidates, fleetKey, byToken, byEndpoint };
    this.#tables.set(backend, table);
    return table;
  }

  #tokenOf({ id }: Backend, { authority }: UpstreamEndpoint): string {
    return this.#secrets.digest(`session-persistence\n${id}\n${authority}`).slice(0, CHARACTERS);
  }
}
