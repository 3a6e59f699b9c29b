import type { Auth } from '@evergate/contract/authSettings';
import type { FleetSettings } from '@evergate/contract/routeTable';
import type { RedisSpec } from '@evergate/crds/fleetRedis';
import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import { authBackends, authSecrets, readAuth } from './auth.ts';
import type { ResolveBackend } from './backends.ts';
import { readRateLimits } from './rateLimits.ts';
import type { SecretIndex } from './secrets.ts';
import { milliseconds } from './settings.ts';
import type { Finding } from './verdict.ts';

/** What a fleet says of policies, in the table's form. */
export interface FleetPolicies {
  readonly settings: Pick<FleetSettings, 'redis' | 'enforced'>;
  /** For rules that say nothing. */
  readonly defaults: Defaults;
  /** References of the fleet that lead nowhere. */
  readonly unresolved: readonly Finding[];
}

export interface Defaults extends Pick<GatewayFleet['spec']['defaults']['route'], 'access' | 'rateLimits'> {
  readonly auth?: Auth | undefined;
}

/** Owner of the counters of what a fleet enforces: no namespace has an empty name. */
const FLEET = '/fleet';

/** Reads the policies of a fleet. What it names is in its own namespace, or granted to it as to a route there. */
export function readFleetPolicies(
  { metadata, spec }: GatewayFleet,
  resolve: ResolveBackend,
  secrets: SecretIndex,
): FleetPolicies {
  const unresolved: Finding[] = [];
  const { namespace } = metadata;
  const contextAt = (field: string) => ({
    namespace,
    resolve,
    secrets,
    onUnresolved: (place: string, { reason, message }: Finding) =>
      void unresolved.push({ reason, message: `${field}.${place}: ${message}` }),
  });
  const { enforced, defaults } = spec;
  const authOf = (auth: typeof enforced.auth, field: string): { auth?: Auth } =>
    auth === undefined ? {} : { auth: readAuth(auth, contextAt(field)) };
  const asked = {
    ...(enforced.access === undefined ? {} : { access: enforced.access }),
    ...authOf(enforced.auth, 'spec.enforced.auth'),
    rateLimits: readRateLimits(enforced.rateLimits, FLEET),
  };
  const asksNothing = asked.access === undefined && asked.auth === undefined && asked.rateLimits.length === 0;
  const { access, rateLimits } = defaults.route;
  return {
    settings: {
      ...(spec.redis === undefined ? {} : { redis: readRedis(spec.redis, contextAt('spec.redis')) }),
      ...(asksNothing ? {} : { enforced: { ...asked, exempt: enforced.exempt } }),
    },
    defaults: { access, rateLimits, ...authOf(defaults.route.auth, 'spec.defaults.route.auth') },
    unresolved,
  };
}

interface RedisContext {
  readonly namespace: string;
  readonly secrets: SecretIndex;
  readonly onUnresolved: (place: string, finding: Finding) => void;
}

function readRedis(redis: RedisSpec, { namespace, secrets, onUnresolved }: RedisContext): FleetSettings['redis'] {
  const { credentials, tls, commandTimeout, ...settings } = redis;
  const idOf = (use: 'redis' | 'ca', name: string, place: string): string => {
    const { id, finding } = secrets.resolve(use, namespace, name);
    if (finding !== undefined) onUnresolved(place, finding);
    return id;
  };
  return {
    ...settings,
    ...(credentials === undefined
      ? {}
      : { credentials: idOf('redis', credentials.secretRef.name, 'credentials.secretRef') }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(tls.serverName === undefined ? {} : { serverName: tls.serverName }),
            ...(tls.secretRef === undefined ? {} : { ca: idOf('ca', tls.secretRef.name, 'tls.secretRef') }),
          },
        }),
    commandTimeoutMs: milliseconds(commandTimeout),
  };
}

/** The backends that a fleet itself needs. */
export function fleetBackends({ enforced }: Pick<FleetSettings, 'enforced'>): readonly string[] {
  return authBackends(enforced?.auth);
}

/** The secrets that a fleet itself needs. */
export function fleetSecrets({ enforced, redis }: Pick<FleetSettings, 'enforced' | 'redis'>): readonly string[] {
  return [...authSecrets(enforced?.auth), ...[redis?.credentials, redis?.tls?.ca].flatMap((id) => id ?? [])];
}
