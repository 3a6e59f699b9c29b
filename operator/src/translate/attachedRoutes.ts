import { isDeepStrictEqual } from 'node:util';
import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import { type Attachment, attach } from './attach.ts';
import type { Backends, ResolveBackend, ServicePort } from './backends.ts';
import { routeVerdict } from './conditions.ts';
import type { SettledRules } from './conflicts.ts';
import { backendsOf } from './rules.ts';
import { ruleVerdict } from './ruleVerdict.ts';
import { type ServeContext, type ServedRule, serveRoute } from './serve.ts';
import type { RouteSource } from './validate.ts';
import type { RouteVerdict } from './verdict.ts';

/** A route of a fleet, and what is served of it before conflicts are settled. */
export interface AttachedRoute {
  readonly route: RouteSource;
  readonly attachment: Attachment;
  readonly served: readonly ServedRule[];
}

/** What was asked of the other objects for a route. */
interface Asked {
  readonly namespace: string;
  readonly ref: ServicePort;
}

interface Memory {
  readonly attached: AttachedRoute;
  /** Those it was last attached to with this outcome. */
  fleet: GatewayFleet;
  isDefault: boolean;
  readonly asked: readonly Asked[];
  /** What is said of it while nothing is wrong and no other rule takes precedence. */
  verdict?: RouteVerdict;
}

/** What is remembered of the routes of a fleet. Neither they nor the fleet are ever changed: an edit is another object. */
export class AttachedRoutes {
  readonly #memories = new WeakMap<RouteSource, Memory>();

  /**
   * Attaches routes to the fleet and decides what is served of each. A route in which all is well gives the very same objects as long as
   * every backend it names can still be resolved, and the fleet is the same or differs in nothing that concerns the route: an edit among
   * thousands of routes makes the rules of one. In every other case what is served depends on more, and is found anew.
   */
  attach(
    routes: readonly RouteSource[],
    fleet: GatewayFleet,
    isDefault: boolean,
    context: ServeContext,
  ): readonly AttachedRoute[] {
    return routes.flatMap((route) => {
      const memory = this.#memories.get(route);
      const isKnown = memory !== undefined && allResolved(memory.asked, context.resolve);
      if (isKnown && isSameSpec(memory.fleet, fleet) && memory.isDefault === isDefault) return memory.attached;
      const attachment = attach(route, fleet, isDefault);
      if (attachment.parents.length === 0) return [];
      if (isKnown && servesAlike(memory.fleet, fleet) && isDeepStrictEqual(memory.attached.attachment, attachment)) {
        Object.assign(memory, { fleet, isDefault });
        return memory.attached;
      }
      return this.#serve(route, fleet, isDefault, attachment, context);
    });
  }

  /** What became of a route; the very same verdict as before where nothing changed about it. */
  verdict(attached: AttachedRoute, settled: SettledRules, find: Backends['find']): RouteVerdict {
    const memory = this.#memories.get(attached.route);
    const isKnown = memory?.attached === attached && isUndisturbed(attached, settled, find);
    if (isKnown && memory.verdict !== undefined) return memory.verdict;
    const rules = attached.served.map((one) => ruleVerdict(one, settled, find));
    const verdict = routeVerdict(attached.route, attached.attachment.parents, rules);
    if (isKnown) memory.verdict = verdict;
    return verdict;
  }

  #serve(
    route: RouteSource,
    fleet: GatewayFleet,
    isDefault: boolean,
    attachment: Attachment,
    context: ServeContext,
  ): AttachedRoute {
    const asked: Asked[] = [];
    const served = serveRoute(route, attachment, { ...context, resolve: noting(context.resolve, asked) });
    const attached = { route, attachment, served };
    if (isWell(attached)) this.#memories.set(route, { attached, fleet, isDefault, asked });
    else this.#memories.delete(route);
    return attached;
  }
}

/**
 * The API server counts the generation up with every change of a spec, and with nothing else: a new status is no news here. A fleet of a file
 * has neither uid nor generation.
 */
function isSameSpec(one: GatewayFleet, other: GatewayFleet): boolean {
  if (one === other) return true;
  const { uid, generation } = one.metadata;
  return uid !== '' && uid === other.metadata.uid && generation === other.metadata.generation;
}

/** A fleet's spec without its listeners, which matter to a route by its attachment alone. */
const servings = new WeakMap<GatewayFleet, string>();

function servesAlike(one: GatewayFleet, other: GatewayFleet): boolean {
  return servingOf(one) === servingOf(other);
}

function servingOf(fleet: GatewayFleet): string {
  const known = servings.get(fleet) ?? JSON.stringify({ ...fleet.spec, listeners: [] });
  servings.set(fleet, known);
  return known;
}

function noting(resolve: ResolveBackend, asked: Asked[]): ResolveBackend {
  return (namespace, ref) => {
    asked.push({ namespace, ref });
    return resolve(namespace, ref);
  };
}

function allResolved(asked: readonly Asked[], resolve: ResolveBackend): boolean {
  return asked.every(({ namespace, ref }) => resolve(namespace, ref).outcome === 'Resolved');
}

/** What a rule with authentication says also depends on Secrets, and on what the fleet's defaults found. */
function isWell({ route, served }: AttachedRoute): boolean {
  return (
    route.problems.length === 0 &&
    served.every(
      ({ read, isLastGood }) =>
        !isLastGood &&
        read.invalid.length === 0 &&
        read.unresolved.length === 0 &&
        read.content !== undefined &&
        read.content.auth === undefined,
    )
  );
}

/** Every rule is in the table whole, and there is nothing to say of its backends. */
function isUndisturbed({ served }: AttachedRoute, settled: SettledRules, find: Backends['find']): boolean {
  return served.every(({ rules }) =>
    rules.every(
      (rule) =>
        settled.ids.has(rule.id) &&
        !settled.lost.has(rule.id) &&
        backendsOf(rule).every((id) => find(id)?.warnings.length === 0),
    ),
  );
}
