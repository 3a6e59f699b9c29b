import { isDeepStrictEqual } from 'node:util';
import type { FleetRuntime } from './fleetRuntime.ts';
import { fleetsNamedBy, targetsOf } from './interest.ts';
import type { KubeObject } from './kube/kubeObject.ts';
import { claimsDefault } from './translate/fleet.ts';
import { defaultFleetOf, policyTargets, type World } from './world.ts';

/* Which fleets a change concerns. Pure: keys are `<namespace>/<name>`. */

/** Of a route that changed: the fleets that it names, or named before. */
export function fleetsOfRoute(
  world: Pick<World, 'fleets'>,
  versions: readonly (KubeObject | undefined)[],
): readonly string[] {
  const concerned = versions.flatMap((route) => {
    if (route === undefined) return [];
    const named = fleetsNamedBy(route);
    return named.length > 0 ? named : (defaultFleetOf(world) ?? []);
  });
  return [...new Set(concerned)].filter((fleet) => world.fleets.has(fleet));
}

/** Whether a route that changed is gone, or names other fleets than before: then one of them has to stop serving it. */
export function leavesFleet(old: KubeObject | undefined, now: KubeObject | undefined): boolean {
  if (old === undefined) return false;
  return now === undefined || !isDeepStrictEqual(fleetsNamedBy(old), fleetsNamedBy(now));
}

/** Whether a fleet that changed has become, or ceased to be, one that claims to be the default: that concerns all of them. */
export function movesDefault(old: KubeObject | undefined, now: KubeObject | undefined): boolean {
  const [before, after] = [old, now].map((fleet) => fleet !== undefined && claimsDefault(fleet));
  return before !== after;
}

type Interested = Pick<FleetRuntime, 'key' | 'services'>;
type Trusting = Pick<FleetRuntime, 'key' | 'secrets'>;

/** Of a Service, or a slice of it: whoever names it. Where only a policy does, the first fleet says what became of that. */
export function fleetsOfService(
  world: Pick<World, 'policies'>,
  fleets: readonly Interested[],
  service: string,
): readonly string[] {
  const concerned = fleets.filter(({ services }) => services.has(service));
  const isTarget = concerned.length === 0 && policyTargets(world).includes(service);
  return (isTarget ? fleets.slice(0, 1) : concerned).map(({ key }) => key);
}

/** Of a grant: whoever names a Service in its namespace. */
export function fleetsOfGrant(fleets: readonly Interested[], namespace: string): readonly string[] {
  const prefix = `${namespace}/`;
  return fleets
    .filter(({ services }) => [...services].some((service) => service.startsWith(prefix)))
    .map(({ key }) => key);
}

/** Of a Secret: whoever names it. */
export function fleetsOfSecret(fleets: readonly Trusting[], secret: string): readonly string[] {
  return fleets.filter(({ secrets }) => secrets.has(secret)).map(({ key }) => key);
}

/** Of the Secrets of a namespace: whoever names one of them. */
export function fleetsOfSecrets(fleets: readonly Trusting[], namespace: string): readonly string[] {
  const prefix = `${namespace}/`;
  return fleets.filter(({ secrets }) => [...secrets].some((secret) => secret.startsWith(prefix))).map(({ key }) => key);
}

/** Of a policy: whoever names one of its Services, else the first fleet. */
export function fleetsOfPolicy(
  fleets: readonly Interested[],
  versions: readonly (KubeObject | undefined)[],
): readonly string[] {
  const targets = versions.flatMap((policy) => (policy === undefined ? [] : targetsOf(policy)));
  const concerned = fleets.filter(({ services }) => targets.some((target) => services.has(target)));
  return (concerned.length === 0 ? fleets.slice(0, 1) : concerned).map(({ key }) => key);
}
