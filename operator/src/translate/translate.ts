import type { BackendEndpoints } from '@evergate/contract/endpoints';
import { compareAge } from '@evergate/contract/precedence';
import type { BackendSettings, FleetSettings, Rule } from '@evergate/contract/routeTable';
import type { SecretEntry } from '@evergate/contract/secrets';
import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import { AttachedRoutes } from './attachedRoutes.ts';
import { authSecrets } from './auth.ts';
import { type BackendSources, indexBackends } from './backends.ts';
import { collectBackends } from './collectBackends.ts';
import { ClaimMemory, settleConflicts } from './conflicts.ts';
import { fleetVerdict, readFleet } from './fleet.ts';
import { fleetBackends, fleetSecrets, readFleetPolicies } from './fleetPolicies.ts';
import { keepServedHostnames, keepServedRules, type ServedTable, servedTable } from './lastGood.ts';
import { patternCheck } from './patterns.ts';
import { resolvePolicies } from './policies.ts';
import { indexSecrets, type SecretAccess, type SecretIndex } from './secrets.ts';
import type { ServeContext } from './serve.ts';
import { fleetSettings } from './settings.ts';
import { type RouteSource, readRoute, refuseRepeated } from './validate.ts';
import type { FleetVerdict, PolicyVerdict, RouteVerdict } from './verdict.ts';

/**
 * What a fleet's route table is made of. Nothing of it is changed, and nobody else may change a route's object in place: each is read
 * once, so an edit is a new object.
 */
export interface TranslateInput extends BackendSources {
  /** A GatewayFleet as it was written. */
  readonly fleet: unknown;
  /** The fleet as it last was valid, for while `fleet` is not. What was found with it is gone on from. */
  readonly lastGoodFleet?: GatewayFleet | undefined;
  /** Whether routes without `parentRefs` are for this fleet. */
  readonly isDefault: boolean;
  /** GatewayRoutes as they were written, also those of other fleets. */
  readonly routes: readonly unknown[];
  /** BackendPolicies as they were written. */
  readonly policies: readonly unknown[];
  /** Without it no Secret may be read, and who needs one lets nobody in. */
  readonly secretAccess?: SecretAccess | undefined;
  /** The rules served now, by id: where the last good version of a rule is found. */
  readonly previous?: ReadonlyMap<string, Rule> | undefined;
  /** The backends served now, by id: what holds while a policy is broken. */
  readonly previousBackends?: ReadonlyMap<string, BackendSettings> | undefined;
}

export interface Translation {
  readonly settings: FleetSettings;
  /** In the order of age, name and position, which is the order of precedence among equal matches. Ids are unique. */
  readonly rules: readonly Rule[];
  /** Of the backends that the rules use, by id. */
  readonly backends: readonly BackendSettings[];
  readonly endpoints: readonly BackendEndpoints[];
  readonly secrets: readonly SecretEntry[];
  /** Of the routes that name this fleet, in the order of age and name. */
  readonly routes: readonly RouteVerdict[];
  readonly policies: readonly PolicyVerdict[];
  readonly fleet: FleetVerdict;
}

/**
 * Turns what users wrote into what a fleet serves, and says what became of each object. Pure: equal input gives equal output. Nothing
 * is thrown for what users write; a broken rule harms only itself. Time is linear in the objects, but for sorting them.
 */
export function translate(input: TranslateInput): Translation {
  const fleet = readFleet(input.fleet, input.lastGoodFleet);
  const previous = servedTable(input.previous ?? new Map());
  const { resolve, find } = indexBackends(input, fleet.fleet.spec.externalNames.allow);
  const secrets = indexSecrets(input.secretAccess);
  const ofFleet = readFleetPolicies(fleet.fleet, resolve, secrets);
  const settings = { ...fleetSettings(fleet.fleet.spec), ...ofFleet.settings };
  const context: ServeContext = { settings, previous, resolve, secrets, defaults: ofFleet.defaults };

  const routes = readRoutes(input.routes, previous);
  const memory = memoryOf(fleet.fleet, input.lastGoodFleet);
  const attached = memory.attached.attach(routes, fleet.fleet, input.isDefault, context);

  const settled = settleConflicts(
    attached.flatMap(({ served }) => served.flatMap(({ rules }) => rules)),
    memory.claims,
  );
  const policies = resolvePolicies(input.policies, input.services, input.previousBackends ?? new Map(), resolve);

  return {
    settings,
    rules: settled.rules,
    ...collectBackends(settled.rules, fleetBackends(settings), find, policies.settingsOf),
    secrets: neededSecrets(settled.rules, settings, secrets),
    routes: attached.map((one) => memory.attached.verdict(one, settled, find)),
    policies: policies.verdicts,
    fleet: fleetVerdict(
      fleet,
      ofFleet.unresolved,
      attached.map(({ attachment }) => attachment),
    ),
  };
}

/** What one translation leaves to the next. */
interface Memory {
  readonly attached: AttachedRoutes;
  readonly claims: ClaimMemory;
}

/** By the fleet as it was read. */
const memories = new WeakMap<GatewayFleet, Memory>();

/** An edited fleet goes on with what was found for it as it was before; one that has nothing before it begins anew. */
function memoryOf(fleet: GatewayFleet, before: GatewayFleet | undefined): Memory {
  const known = memories.get(fleet) ?? (before === undefined ? undefined : memories.get(before));
  const memory = known ?? { attached: new AttachedRoutes(), claims: new ClaimMemory() };
  memories.set(fleet, memory);
  return memory;
}

/** None where nothing of the table needs any: the fleet's own key alone tells gateways nothing. */
function neededSecrets(rules: readonly Rule[], settings: FleetSettings, secrets: SecretIndex): readonly SecretEntry[] {
  const asks = settings.enforced?.auth !== undefined || rules.some(isKeyed);
  if (!asks && settings.redis === undefined) return [];
  return secrets.entries([...fleetSecrets(settings), ...rules.flatMap(({ auth }) => authSecrets(auth))]);
}

/** Its clients are known, or led, by what the fleet's key signs. */
function isKeyed({ auth, sessionPersistence }: Rule): boolean {
  return auth !== undefined || sessionPersistence !== undefined;
}

/** Reads every route, oldest first: who comes first keeps what others claim later. */
function readRoutes(objects: readonly unknown[], previous: ServedTable): readonly RouteSource[] {
  const check = patternCheck();
  const routes = objects.map((object) => readRoute(object, check)).sort((a, b) => compareAge(a.identity, b.identity));
  return refuseRepeated(routes).map((route) => keepServedHostnames(keepServedRules(route, previous), previous));
}
