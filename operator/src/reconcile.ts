import type { Position } from '@evergate/contract/document';
import { documentKinds } from '@evergate/contract/names';
import type { FleetSettings } from '@evergate/contract/routeTable';
import { parseObject } from '@evergate/crds/parse';
import type { FleetContent } from './deliver/publication.ts';
import type { PublishOutcome } from './deliver/publisher.ts';
import type { ServedContent } from './deliver/restore.ts';
import type { FleetRuntime } from './fleetRuntime.ts';
import { servicesNamedBy } from './interest.ts';
import type { KubeObject } from './kube/kubeObject.ts';
import { deployments } from './kube/resource.ts';
import { containerPorts } from './render/containerPorts.ts';
import { renderFleet } from './render/render.ts';
import type { RouteKey } from './status/ledger.ts';
import { type Translation, translate } from './translate/translate.ts';
import type { PolicyVerdict } from './translate/verdict.ts';
import { defaultFleetOf, policyTargets, routesFor, type World } from './world.ts';

export interface ReconcileContext {
  readonly world: World;
  /** The image of fleets that name none. */
  readonly gatewayImage: string;
  readonly operatorNamespace: string;
  /** When the operator heard of a route's newest generation, in milliseconds since the epoch. */
  readonly heardAt: (route: RouteKey) => number | undefined;
}

export interface Reconciled {
  /** Routes about which there is something new to say. */
  readonly routes: readonly RouteKey[];
  readonly policies: readonly PolicyVerdict[];
  readonly outcome: PublishOutcome;
}

/**
 * Brings one fleet to what is wanted: gather, translate, deliver, render and apply. The documents go first, since every live edit waits
 * for them. Rejects where the API server fails; calling again goes on from there.
 */
export async function reconcile(
  runtime: FleetRuntime,
  fleet: KubeObject,
  context: ReconcileContext,
  signal?: AbortSignal,
): Promise<Reconciled> {
  const served = await runtime.publisher.served(signal);
  const translation = translateFor(runtime, fleet, served, context.world);
  for (const seen of writesAhead(runtime)) runtime.publisher.outrank(seen);
  const content = contentOf(translation, runtime);
  const outcome = await runtime.publisher.publish(content, signal);
  const routes = note(runtime, translation, outcome, context);
  runtime.complaints = await applyObjects(runtime, context, signal);
  return { routes, policies: translation.policies, outcome };
}

function translateFor(runtime: FleetRuntime, fleet: KubeObject, served: ServedContent, world: World): Translation {
  const routes = routesFor(world, runtime.key);
  runtime.services = new Set(routes.flatMap(servicesNamedBy));
  const services = [...new Set([...runtime.services, ...policyTargets(world)])];
  const parsed = parseObject('GatewayFleet', fleet);
  if (parsed.ok) runtime.lastGood = parsed.value;
  return translate({
    fleet,
    lastGoodFleet: runtime.lastGood,
    isDefault: defaultFleetOf(world) === runtime.key,
    routes,
    policies: [...world.policies.values()],
    services: services.flatMap((key) => world.services.get(key) ?? []),
    endpointSlices: services.flatMap((key) => world.slicesOf(key)),
    referenceGrants: [...world.referenceGrants.values()],
    previous: new Map(served.rules.map((rule) => [rule.id, rule])),
    previousBackends: new Map(served.backends.map((backend) => [backend.id, backend])),
  });
}

/** The writes that pods have seen and that are newer than any that is stored. */
export function writesAhead({ publisher, acknowledger, uid }: FleetRuntime): readonly Position[] {
  return acknowledger.acknowledgement.pods.flatMap(({ answer }) => {
    if (answer.outcome !== 'Answered') return [];
    const { serves } = answer.report;
    return documentKinds.flatMap((kind) => {
      const seen = serves[kind];
      return seen?.fleetUID === uid && publisher.isOutranked(kind, seen) ? [seen] : [];
    });
  });
}

function contentOf(translation: Translation, runtime: FleetRuntime): FleetContent {
  const { settings, rules, backends, endpoints, secrets } = translation;
  const gateways = runtime.pods.filter(({ ready }) => ready).length;
  return { settings: withContainerPorts(settings), rules, backends, endpoints, secrets, gateways };
}

/** Clients connect to a listener's port at the Service; gateways listen on one that needs no privilege. */
function withContainerPorts(settings: FleetSettings): FleetSettings {
  const ports = containerPorts(settings.listeners);
  const listeners = settings.listeners.map((listener) => ({
    ...listener,
    port: ports.get(listener.port) ?? listener.port,
  }));
  return { ...settings, listeners };
}

function note(
  runtime: FleetRuntime,
  translation: Translation,
  outcome: PublishOutcome,
  { heardAt }: ReconcileContext,
): readonly RouteKey[] {
  runtime.verdict = translation.fleet;
  runtime.heldBack = outcome.outcome === 'HeldBack' ? outcome.finding : undefined;
  if (outcome.outcome !== 'HeldBack') runtime.published = outcome.published;
  if (outcome.outcome === 'Published') runtime.acknowledger.expect();
  return runtime.ledger.record(translation.routes, { position: positionOf(outcome, runtime), heardAt });
}

/** What was held back will stand in the write after the newest one. */
function positionOf(outcome: PublishOutcome, { published }: FleetRuntime): Position {
  if (outcome.outcome !== 'HeldBack') return outcome.published;
  return { epoch: published?.epoch ?? 0, sequence: (published?.sequence ?? 0) + 1 };
}

async function applyObjects(runtime: FleetRuntime, context: ReconcileContext, signal?: AbortSignal) {
  const fleet = runtime.lastGood;
  if (fleet === undefined) return [];
  const live = context.world.ownedBy(runtime.key);
  const { gatewayImage, operatorNamespace } = context;
  const deployment = live.find(
    ({ resource, object }) => resource.plural === deployments.plural && object.metadata.name === fleet.metadata.name,
  );
  const rendered = renderFleet(fleet, { image: gatewayImage, operatorNamespace, deployment: deployment?.object });
  return runtime.applier.apply(rendered, live, signal);
}
