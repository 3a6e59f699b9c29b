import type { Position } from '@evergate/contract/document';
import { documentKinds } from '@evergate/contract/names';
import type { FleetSettings } from '@evergate/contract/routeTable';
import { fleetKeyId, type SecretEntry } from '@evergate/contract/secrets';
import { keyOf, type LiveObject } from './apply/applier.ts';
import { byId } from './deliver/byId.ts';
import { fittingRules } from './deliver/fittingRules.ts';
import type { FleetContent } from './deliver/publication.ts';
import type { PublishOutcome } from './deliver/publisher.ts';
import type { ServedContent } from './deliver/restore.ts';
import { reused } from './deliver/reused.ts';
import { unreadable } from './deliver/unreadable.ts';
import type { FleetRuntime } from './fleetRuntime.ts';
import { servicesNamedBy } from './interest.ts';
import { type KubeObject, objectKey } from './kube/kubeObject.ts';
import { deployments } from './kube/resource.ts';
import { containerPorts } from './render/containerPorts.ts';
import { renderFleet } from './render/render.ts';
import { secretAccessOf } from './secretAccess.ts';
import type { RecordOptions, RouteKey } from './status/ledger.ts';
import { readFleet } from './translate/fleet.ts';
import { type Translation, translate } from './translate/translate.ts';
import type { Finding, PolicyVerdict } from './translate/verdict.ts';
import { isUnsettled } from './unsettled.ts';
import { defaultFleetOf, policyTargets, routesFor, type World } from './world.ts';

export interface ReconcileContext {
  readonly world: World;
  /** The image of fleets that name none. */
  readonly gatewayImage: string;
  readonly clusterCIDRs: readonly string[];
  readonly operatorNamespace: string;
  /** When the operator heard of a route's newest generation, in milliseconds since the epoch. */
  readonly heardAt: (route: RouteKey) => number | undefined;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
}

type HeldBack = Extract<PublishOutcome, { readonly outcome: 'HeldBack' }>;

/** By then the pod that cannot read the documents may be gone. */
const UNREADABLE_RETRY_MS = 5_000;

export interface Delivered {
  /** Routes about which there is something new to say. */
  readonly routes: readonly RouteKey[];
  readonly policies: readonly PolicyVerdict[];
  readonly outcome: PublishOutcome;
  /** New routes wait for their backends to be heard of. */
  readonly unsettled: boolean;
}

/**
 * Brings the documents of one fleet to what is wanted: gather, translate, deliver. They go before all else of the fleet, since every
 * live edit waits for them. Rejects where the API server fails; calling again goes on from there.
 */
export async function deliver(
  runtime: FleetRuntime,
  fleet: KubeObject,
  context: ReconcileContext,
  signal?: AbortSignal,
): Promise<Delivered> {
  const served = await runtime.publisher.served(signal);
  const { translation, unsettled } = translateFor(runtime, fleet, served, context);
  const { policies } = translation;
  runtime.verdict = translation.fleet;
  const obstacle = obstacleTo(translation, runtime);
  if (obstacle !== undefined) {
    runtime.heldBack = obstacle.finding;
    return { routes: [], policies, outcome: obstacle, unsettled };
  }
  for (const seen of writesAhead(runtime)) runtime.publisher.outrank(seen);
  const { rules, refused } = fittingRules(reused(translation.rules, served.rules), served.rules);
  const content = { ...contentOf(translation, runtime, served), rules };
  const outcome = await runtime.publisher.publish(content, signal);
  return { routes: note(runtime, translation, outcome, { ...context, refused }), policies, outcome, unsettled };
}

/** Why nothing may be written at all: what gateways serve stays, and so does what is said of the routes. */
function obstacleTo({ fleet }: Translation, { lastGood, acknowledger }: FleetRuntime): HeldBack | undefined {
  const broken = fleet.conditions.find(({ status }) => status === 'False');
  if (lastGood === undefined && broken !== undefined) return { outcome: 'HeldBack', finding: broken };
  const finding = unreadable(acknowledger.acknowledgement.pods);
  return finding === undefined ? undefined : { outcome: 'HeldBack', finding, retryMs: UNREADABLE_RETRY_MS };
}

function translateFor(
  runtime: FleetRuntime,
  fleet: KubeObject,
  served: ServedContent,
  { world, heardAt, wallMs }: ReconcileContext,
): { readonly translation: Translation; readonly unsettled: boolean } {
  const all = routesFor(world, runtime.key);
  const routes = all.filter((route) => {
    const key = objectKey(route.metadata);
    return runtime.ledger.records.has(key) || !isUnsettled(route, heardAt(key), world, wallMs());
  });
  const { lastGood } = runtime;
  const source = readFleet(fleet, lastGood);
  if (source.accepted.status === 'True') runtime.lastGood = source.fleet;
  const naming = [...all, fleet, source.fleet];
  runtime.services = new Set(naming.flatMap(servicesNamedBy));
  const services = [...new Set([...runtime.services, ...policyTargets(world)])];
  const translation = translate({
    fleet,
    lastGoodFleet: lastGood,
    isDefault: defaultFleetOf(world) === runtime.key,
    routes,
    policies: [...world.policies.values()],
    services: services.flatMap((key) => world.services.get(key) ?? []),
    endpointSlices: services.flatMap((key) => world.slicesOf(key)),
    secretAccess: secretAccessOf(runtime, naming, served, world),
    referenceGrants: [...world.referenceGrants.values()],
    previous: byId(served.rules),
    previousBackends: byId(served.backends),
  });
  return { translation, unsettled: routes.length < all.length };
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

function contentOf(
  { settings, backends, endpoints, secrets }: Translation,
  runtime: FleetRuntime,
  served: ServedContent,
): Omit<FleetContent, 'rules'> {
  return {
    settings: withContainerPorts(settings),
    backends: reused(backends, served.backends),
    endpoints: reused(endpoints, served.endpoints),
    secrets: reused(withFleetKey(secrets, served.secrets), served.secrets),
    gateways: runtime.pods.filter(({ ready }) => ready).length,
  };
}

/** A fleet that needs no secret any more keeps its key for when it does again. */
function withFleetKey(secrets: readonly SecretEntry[], served: readonly SecretEntry[]): readonly SecretEntry[] {
  return secrets.length > 0 ? secrets : served.filter(({ id }) => id === fleetKeyId);
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
  { heardAt, refused }: Pick<RecordOptions, 'heardAt' | 'refused'>,
): readonly RouteKey[] {
  runtime.heldBack = outcome.outcome === 'HeldBack' ? outcome.finding : undefined;
  if (outcome.outcome !== 'HeldBack') runtime.published = outcome.published;
  if (outcome.outcome === 'Published') runtime.acknowledger.expect();
  return runtime.ledger.record(translation.routes, {
    ...writesOf(outcome, runtime),
    heardAt,
    refused,
  });
}

/** What was held back will stand in the writes after the newest ones. */
function writesOf(outcome: PublishOutcome, { published }: FleetRuntime): Pick<RecordOptions, 'position' | 'secrets'> {
  if (outcome.outcome !== 'HeldBack')
    return { position: placeOf(outcome.published), secrets: outcome.published.secretsAt };
  return { position: after(published), secrets: after(published?.secretsAt) };
}

function placeOf({ epoch, sequence }: Position): Position {
  return { epoch, sequence };
}

function after(position: Position | undefined): Position {
  return { epoch: position?.epoch ?? 0, sequence: (position?.sequence ?? 0) + 1 };
}

/**
 * Brings the other objects of a fleet to what is wanted. Returns what stands in the way; rejects where the API server fails. Costs nothing
 * while the fleet and all that it has are the very objects that it went well with last: so it is after the edit of a route.
 */
export async function applyObjects(
  runtime: FleetRuntime,
  { gatewayImage, clusterCIDRs, operatorNamespace, world }: ReconcileContext,
  signal?: AbortSignal,
): Promise<readonly Finding[]> {
  const fleet = runtime.lastGood;
  if (fleet === undefined) return [];
  const live = world.ownedBy(runtime.key);
  const seen = [fleet, ...live.map(({ object }) => object)];
  if (sameElements(runtime.appliedTo, seen)) return [];
  const deployment = live.find(
    ({ resource, object }) => resource.plural === deployments.plural && object.metadata.name === fleet.metadata.name,
  );
  const installation = { image: gatewayImage, clusterCIDRs, operatorNamespace };
  const rendered = renderFleet(fleet, { ...installation, deployment: deployment?.object });
  const complaints = await runtime.applier.apply(rendered, live, signal);
  runtime.appliedTo = complaints.length === 0 && areAllLive(rendered, live) ? seen : [];
  return complaints;
}

/** What was not there when it was applied looks, once it is deleted, as it did before: that must not pass for done. */
function areAllLive(rendered: readonly LiveObject[], live: readonly LiveObject[]): boolean {
  const keys = new Set(live.map(keyOf));
  return rendered.every((one) => keys.has(keyOf(one)));
}

function sameElements(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((element, i) => element === other[i]);
}

/** Has kubelets bring the documents into pods that do not watch them. Returns whether that is done. */
export async function refreshMounts(runtime: FleetRuntime, signal?: AbortSignal): Promise<boolean> {
  const { lastGood, published, mounts, pods } = runtime;
  if (lastGood?.spec.delivery !== 'Mount' || published === undefined) return true;
  const names = pods.filter(({ terminating }) => !terminating).map(({ name }) => name);
  return mounts.refresh(names, published.documents, signal);
}
