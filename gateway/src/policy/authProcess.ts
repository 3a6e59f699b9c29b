import type { AuthMethodOf } from '@evergate/contract/authSettings';
import type { SharedState } from '../state/sharedState.ts';
import type { Backend } from '../upstream/backend.ts';
import { type CallResponse, call } from '../upstream/call.ts';
import { type CallTls, secureCall } from '../upstream/secureCall.ts';
import { ExternalService } from './externalService.ts';
import { FetchedKeys, InlineKeys, type KeySource } from './jwks.ts';
import { Passwords } from './passwords.ts';
import type { PolicyCompilerServices } from './policyCompiler.ts';
import { PolicyCounters } from './policyCounters.ts';
import { Secrets } from './secrets.ts';

const MAX_KEPT = 1_000;
const JWKS_TIMEOUT_MS = 2_000;
const MAX_JWKS_BYTES = 262_144;

export interface AuthProcessOptions {
  readonly state: SharedState;
  /** The backend of that id, as it is now. */
  readonly backend: (id: string) => Backend;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** What authentication keeps while tables come and go: keys, breakers, decisions. One a process. */
export class AuthProcess implements PolicyCompilerServices {
  readonly secrets: Secrets = new Secrets();
  readonly passwords: Passwords = new Passwords();
  readonly counters: PolicyCounters = new PolicyCounters();
  readonly state: SharedState;
  readonly clock: () => number;
  readonly #options: AuthProcessOptions;
  readonly #keySources = new Map<string, KeySource>();
  readonly #services = new Map<string, ExternalService>();

  constructor(options: AuthProcessOptions) {
    this.#options = options;
    this.state = options.state;
    this.clock = options.clock;
  }

  /** Those that tables have named lately. */
  get services(): Iterable<ExternalService> {
    return this.#services.values();
  }

  keySource(keys: AuthMethodOf<'JWT'>['keys']): KeySource {
    if (keys.type === 'Inline') return new InlineKeys(keys.jwks);
    return kept(this.#keySources, JSON.stringify(keys), () => this.#fetchedKeys(keys));
  }

  external(settings: AuthMethodOf<'External'>, tenant: string): ExternalService {
    const { state, counters, clock } = this;
    const { backend } = settings;
    return kept(this.#services, JSON.stringify([tenant, settings]), () => {
      return new ExternalService({
        settings,
        state,
        counters,
        clock,
        call: (request) => call(this.#options.backend(backend), request),
      });
    });
  }

  fallbackOf = (id: string): string | undefined => {
    const fallback = this.#options.backend(id).settings.circuitBreaker?.fallback;
    return fallback?.type === 'Backend' ? fallback.backend : undefined;
  };

  close(): void {
    this.passwords.close();
    this.state.close();
  }

  #fetchedKeys({ backend, path, tls }: KeyServer): KeySource {
    const request = {
      method: 'GET',
      path,
      headers: ['accept', 'application/json'],
      timeoutMs: JWKS_TIMEOUT_MS,
      maxBodyBytes: MAX_JWKS_BYTES,
    };
    const fetch = async (): Promise<CallResponse> => {
      const server = this.#options.backend(backend);
      return tls === undefined ? call(server, request) : secureCall(server, request, this.#tlsOf(tls));
    };
    return new FetchedKeys({ fetch, counters: this.counters, clock: this.clock });
  }

  /** As the secrets are now. Nobody stands in for an authority that was named and is not there. */
  #tlsOf({ serverName, ca: id }: NonNullable<KeyServer['tls']>): CallTls {
    const ca = id === undefined ? undefined : this.secrets.entry(id)?.data['ca.crt'];
    if (id !== undefined && ca === undefined) throw new Error(`the secrets have no authority ${id}`);
    return { serverName, ca };
  }
}

type KeyServer = Extract<AuthMethodOf<'JWT'>['keys'], { readonly type: 'Backend' }>;

/** The one that is there, or a new one. Who was made longest ago goes first; rules that have it go on with it. */
function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  for (const oldest of map.keys()) {
    if (map.size < MAX_KEPT) break;
    map.delete(oldest);
  }
  map.set(key, made);
  return made;
}
