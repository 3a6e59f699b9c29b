import { isDeepStrictEqual } from 'node:util';
import type { BackendPolicyStatus } from '@evergate/crds/backendPolicy';
import type { GatewayFleetStatus } from '@evergate/crds/gatewayFleet';
import type { GatewayRouteStatus } from '@evergate/crds/gatewayRoute';
import type { Caches } from './caches.ts';
import { type Acknowledgement, isAcknowledged } from './deliver/acknowledgement.ts';
import type { FleetRuntime } from './fleetRuntime.ts';
import { fleetsNamedBy } from './interest.ts';
import type { ApiClient } from './kube/apiClient.ts';
import type { Clock } from './kube/clock.ts';
import { type KubeObject, objectKey } from './kube/kubeObject.ts';
import {
  backendPolicies,
  deployments,
  gatewayFleets,
  gatewayRoutes,
  type Resource,
  services,
} from './kube/resource.ts';
import { addressesOf } from './status/addresses.ts';
import { countGateways, type FleetStatusInput, fleetStatus, type GatewayCount } from './status/fleetStatus.ts';
import type { RouteKey, RouteRecord } from './status/ledger.ts';
import { policyStatus } from './status/policyStatus.ts';
import { foreignParents, routeStatus } from './status/routeStatus.ts';
import { StatusWriter } from './status/statusWriter.ts';
import { type KnownFleets, parentRefsOf, unattachedRefs } from './status/unattached.ts';
import type { PolicyVerdict } from './translate/verdict.ts';
import { defaultFleetOf } from './world.ts';

export interface StatusesOptions {
  /** Its writes are fenced. */
  readonly client: ApiClient;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly controllerName: string;
  /** Empty for all. */
  readonly fleetNamespaces: readonly string[];
  /** The fleets that exist, by `<namespace>/<name>`. */
  readonly runtimes: ReadonlyMap<string, FleetRuntime>;
  readonly onCounted: (fleet: string, gateways: GatewayCount) => void;
  readonly onWritten: (resource: Resource, now: KubeObject, before: KubeObject) => void;
  readonly onError: (resource: Resource, key: string, error: unknown) => void;
}

/** What is said of routes, fleets and policies: composed of what every fleet's runtime knows, and written where it is new. */
export class Statuses {
  readonly #options: StatusesOptions;
  readonly #routes: StatusWriter;
  readonly #fleets: StatusWriter;
  readonly #policies: StatusWriter;
  readonly #policyVerdicts = new Map<string, PolicyVerdict>();

  constructor(options: StatusesOptions) {
    this.#options = options;
    this.#routes = this.#writer(gatewayRoutes, (route) => this.#composeRoute(route));
    this.#fleets = this.#writer(gatewayFleets, (fleet) => this.#composeFleet(fleet));
    this.#policies = this.#writer(backendPolicies, (policy) => this.#composePolicy(policy));
  }

  /** Statuses that wait to be written. */
  get depth(): number {
    return this.#routes.depth + this.#fleets.depth + this.#policies.depth;
  }

  /** Works until the signal comes. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#routes, this.#fleets, this.#policies].map((writer) => writer.run(signal)));
  }

  /** A version of an object was seen whose status may not be ours. */
  seen(resource: Resource, key: string): void {
    const writer = [this.#routes, this.#fleets, this.#policies].find((one) => one.resource === resource);
    writer?.writeSoon(key);
  }

  routesChanged(keys: Iterable<string>): void {
    for (const key of keys) this.#routes.writeSoon(key);
  }

  fleetChanged(key: string): void {
    this.#fleets.writeSoon(key);
  }

  /** What a translation found of the policies; each finds the same. */
  policiesJudged(verdicts: readonly PolicyVerdict[]): void {
    for (const verdict of verdicts) {
      const key = objectKey(verdict.policy);
      this.#policyVerdicts.set(key, verdict);
      this.#policies.write(key);
    }
    for (const key of this.#policyVerdicts.keys()) {
      if (!this.#options.caches.policies.has(key)) this.#policyVerdicts.delete(key);
    }
  }

  /**
   * The pods of a fleet serve something else than before: whoever was waiting for it is told at once. Returns the routes that every
   * gateway serves as they are from now on.
   */
  acknowledged({ key, ledger }: FleetRuntime, now: Acknowledgement, before: Acknowledgement): readonly string[] {
    const arrived: string[] = [];
    for (const [route, record] of ledger.records) {
      const [is, was] = [now, before].map((acknowledgement) => isLive(route, record, acknowledgement));
      if (is === true && was === false) arrived.push(route);
      if (is !== was) this.#routes.write(route);
      else if (!is) this.#routes.writeSoon(route);
    }
    this.#fleets.writeSoon(key);
    if (!isDeepStrictEqual(now.tripped, before.tripped)) this.#breakersChanged();
    return arrived;
  }

  #breakersChanged(): void {
    for (const [key, { guarded }] of this.#policyVerdicts) if (guarded !== undefined) this.#policies.write(key);
  }

  #writer(resource: Resource, compose: (object: KubeObject) => object | undefined): StatusWriter {
    const { client, caches, clock, onWritten, onError } = this.#options;
    return new StatusWriter({
      resource,
      client,
      clock,
      latest: (key) => caches.latest(resource, key),
      compose,
      onWritten: (now, before) => onWritten(resource, now, before),
      onError: (key, error) => onError(resource, key, error),
    });
  }

  #composeRoute(route: KubeObject): GatewayRouteStatus | undefined {
    const { controllerName, clock } = this.#options;
    const key = objectKey(route.metadata);
    const generation = route.metadata.generation ?? 0;
    const found = this.#fleetsOf(route).map((fleet) => ({ runtime: fleet, record: fleet?.ledger.records.get(key) }));
    const fleets = found.flatMap(({ runtime, record }) =>
      runtime?.acknowledger.hasLooked !== true || record?.verdict.route.generation !== generation
        ? []
        : [{ record, delivery: runtime.delivery }],
    );
    // A fleet that has not looked at this generation, or at its pods, yet will say so itself.
    if (fleets.length < found.length) return undefined;
    const stored = route['status'] as GatewayRouteStatus | undefined;
    const foreign = foreignParents(stored, controllerName).length;
    const unattached = unattachedRefs(route, this.#known()).filter(
      ({ parentRef }) => parentRef !== undefined || foreign === 0,
    );
    const hasOurs = (stored?.parents?.length ?? 0) > foreign;
    // What others say of a route that has nothing to do with us is theirs alone.
    if (fleets.length + unattached.length === 0 && !hasOurs) return undefined;
    const named = parentRefsOf(route);
    return routeStatus({ generation, named, stored, fleets, unattached, controllerName, now: clock.wallMs() });
  }

  /** The fleets a route is for, as far as they exist; undefined for one that exists and was not looked at yet. */
  #fleetsOf(route: KubeObject): readonly (FleetRuntime | undefined)[] {
    const { caches, runtimes } = this.#options;
    const named = fleetsNamedBy(route);
    const wanted = named.length > 0 ? named : [defaultFleetOf(caches) ?? ''];
    return [...new Set(wanted)].filter((fleet) => caches.fleets.has(fleet)).map((fleet) => runtimes.get(fleet));
  }

  #known(): KnownFleets {
    const { caches, fleetNamespaces } = this.#options;
    return {
      fleets: new Set(caches.fleets.keys()),
      defaultFleet: defaultFleetOf(caches),
      isOurs: (namespace) => fleetNamespaces.length === 0 || fleetNamespaces.includes(namespace),
    };
  }

  #composeFleet(fleet: KubeObject): GatewayFleetStatus | undefined {
    const { caches, runtimes, clock } = this.#options;
    const key = objectKey(fleet.metadata);
    const runtime = runtimes.get(key);
    if (runtime?.verdict === undefined || !runtime.acknowledger.hasLooked) return undefined;
    const owned = caches.ownedBy(key);
    const find = (resource: Resource): KubeObject | undefined =>
      owned.find((one) => one.resource === resource && one.object.metadata.name === fleet.metadata.name)?.object;
    const input: FleetStatusInput = {
      verdict: runtime.verdict,
      stored: fleet['status'] as GatewayFleetStatus | undefined,
      acknowledgement: runtime.acknowledger.acknowledgement,
      desired: desiredReplicas(find(deployments)) ?? runtime.lastGood?.spec.replicas ?? 0,
      mayBeMissing: runtime.lastGood?.spec.disruption.maxUnavailable ?? 0,
      published: runtime.published,
      heldBack: runtime.heldBack,
      complaints: runtime.complaints,
      addresses: addressesOf(find(services)),
      now: clock.wallMs(),
    };
    this.#options.onCounted(key, countGateways(input));
    return fleetStatus(input);
  }

  #composePolicy(policy: KubeObject): BackendPolicyStatus | undefined {
    const verdict = this.#policyVerdicts.get(objectKey(policy.metadata));
    if (verdict === undefined || verdict.policy.generation !== (policy.metadata.generation ?? 0)) return undefined;
    const stored = policy['status'] as BackendPolicyStatus | undefined;
    return policyStatus(verdict, this.#tripped(), stored, this.#options.clock.wallMs());
  }

  /** Of all fleets: a policy is for all of them. */
  #tripped(): ReadonlySet<string> {
    const runtimes = [...this.#options.runtimes.values()];
    return new Set(runtimes.flatMap(({ acknowledger }) => [...acknowledger.acknowledgement.tripped]));
  }
}

function isLive(route: RouteKey, { since }: RouteRecord, acknowledgement: Acknowledgement): boolean {
  return isAcknowledged(acknowledgement, since) && !acknowledgement.waitingRoutes.has(route);
}

function desiredReplicas(deployment: KubeObject | undefined): number | undefined {
  const spec = deployment?.['spec'] as { readonly replicas?: number } | undefined;
  return spec?.replicas;
}
