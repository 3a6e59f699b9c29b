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
  readonly isDefault: boolean;
  readonly asked: readonly Asked[];
  /** What is said of it while nothing is wrong and no other rule takes precedence. */
  verdict?: RouteVerdict;
}

/** By the fleet as it was read, then by the route. Neither is ever changed: an edit is another object. */
const memories = new WeakMap<GatewayFleet, WeakMap<RouteSource, Memory>>();

/**
 * Attaches routes to a fleet and decides what is served of each. A route in which all is well gives the very same objects as long as the
 * fleet is the same and every backend it names can still be resolved, so an edit among thousands of routes makes the rules of one. In every
 * other case what is served depends on more, and is found anew.
 */
export function attachRoutes(
  routes: readonly RouteSource[],
  fleet: GatewayFleet,
  isDefault: boolean,
  context: ServeContext,
): readonly AttachedRoute[] {
  const ofFleet = memories.get(fleet) ?? new WeakMap<RouteSource, Memory>();
  memories.set(fleet, ofFleet);
  return routes.flatMap((route) => {
    const memory = ofFleet.get(route);
    if (memory !== undefined && memory.isDefault === isDefault && allResolved(memory.asked, context.resolve)) {
      return memory.attached;
    }
    const attachment = attach(route, fleet, isDefault);
    if (attachment.parents.length === 0) return [];
    const asked: Asked[] = [];
    const served = serveRoute(route, attachment, { ...context, resolve: noting(context.resolve, asked) });
    const attached = { route, attachment, served };
    if (isWell(attached)) ofFleet.set(route, { attached, isDefault, asked });
    else ofFleet.delete(route);
    return attached;
  });
}

/** What became of a route; the very same verdict as before where nothing changed about it. */
export function verdictOf(
  attached: AttachedRoute,
  fleet: GatewayFleet,
  settled: SettledRules,
  find: Backends['find'],
): RouteVerdict {
  const memory = memories.get(fleet)?.get(attached.route);
  const isKnown = memory?.attached === attached && isUndisturbed(attached, settled, find);
  if (isKnown && memory.verdict !== undefined) return memory.verdict;
  const rules = attached.served.map((one) => ruleVerdict(one, settled, find));
  const verdict = routeVerdict(attached.route, attached.attachment.parents, rules);
  if (isKnown) memory.verdict = verdict;
  return verdict;
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
