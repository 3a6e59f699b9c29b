import { isDeepStrictEqual } from 'node:util';
import { defaultFleetAnnotation, type GatewayFleet } from '@evergate/crds/gatewayFleet';
import { apiVersion, type ObjectMeta } from '@evergate/crds/objectMeta';
import { parseObject } from '@evergate/crds/parse';
import type { Attachment } from './attach.ts';
import { fieldOf } from './fields.ts';
import { type ConditionVerdict, type Finding, type FleetVerdict, joinMessages } from './verdict.ts';

export interface FleetSource {
  readonly fleet: GatewayFleet;
  /** Of the object as it is, also while an older one is served. */
  readonly metadata: ObjectMeta;
  readonly accepted: ConditionVerdict;
}

/** Fleets that are valid, by the object as it was written, which is never changed. */
const alreadyRead = new WeakMap<object, FleetSource>();

/**
 * Reads a fleet. A broken one goes on as `lastGood`; without that it has the default settings and no listener, as no guess at
 * listeners could keep what their `allowedRoutes` promise.
 */
export function readFleet(object: unknown, lastGood: GatewayFleet | undefined): FleetSource {
  if (typeof object !== 'object' || object === null) return readAnew(object, lastGood);
  const known = alreadyRead.get(object);
  if (known !== undefined) return known;
  const source = readAnew(object, lastGood);
  if (source.accepted.status === 'True') alreadyRead.set(object, source);
  return source;
}

function readAnew(object: unknown, lastGood: GatewayFleet | undefined): FleetSource {
  const type = 'Accepted';
  const parsed = parseObject('GatewayFleet', object);
  if (parsed.ok) {
    const accepted: ConditionVerdict = { type, status: 'True', reason: 'Accepted', message: 'The fleet is valid' };
    return { fleet: withListenersOf(lastGood, parsed.value), metadata: parsed.value.metadata, accepted };
  }
  const problems = parsed.problems.map(({ path, message }) => `${path}: ${message}`);
  const fate = lastGood === undefined ? 'nothing is served' : `served as of generation ${lastGood.metadata.generation}`;
  const message = joinMessages([...problems, `Until then, ${fate}`]);
  const broken = withoutListeners(fieldOf(object, 'metadata'));
  return {
    fleet: lastGood ?? broken,
    metadata: broken.metadata,
    accepted: { type, status: 'False', reason: 'UnsupportedValue', message },
  };
}

/** A listener that is as it was is the very object that it was: so whether routes are attached as before is told without looking into it. */
function withListenersOf(before: GatewayFleet | undefined, fleet: GatewayFleet): GatewayFleet {
  const known = before?.spec.listeners ?? [];
  const listeners = fleet.spec.listeners.map((one) => known.find((other) => isDeepStrictEqual(one, other)) ?? one);
  return { ...fleet, spec: { ...fleet.spec, listeners } };
}

function withoutListeners(metadata: unknown): GatewayFleet {
  const kind = 'GatewayFleet';
  const named = parseObject(kind, { apiVersion, kind, metadata });
  const fleet = named.ok ? named : parseObject(kind, { apiVersion, kind, metadata: { name: 'unnamed' } });
  if (!fleet.ok) throw new Error('a fleet of defaults is not valid', { cause: fleet.problems });
  return { ...fleet.value, spec: { ...fleet.value.spec, listeners: [] } };
}

/** Sums up a fleet: whether it is valid, and how many routes each listener took. */
export function fleetVerdict(
  { fleet, metadata, accepted }: FleetSource,
  unresolved: readonly Finding[],
  attachments: readonly Attachment[],
): FleetVerdict {
  const { namespace, name, uid, generation } = metadata;
  const counts = new Map<string, number>();
  for (const { parents } of attachments) {
    const names = new Set(parents.flatMap(({ taken }) => taken.map(({ listener }) => listener.name)));
    for (const listener of names) counts.set(listener, (counts.get(listener) ?? 0) + 1);
  }
  const listeners = fleet.spec.listeners.map((listener) => ({
    name: listener.name,
    attachedRoutes: counts.get(listener.name) ?? 0,
  }));
  return {
    fleet: { namespace, name, uid, generation },
    conditions: [accepted, ...resolvedRefs(unresolved)],
    listeners,
  };
}

/** Said only where there is something to say: most fleets refer to nothing. */
function resolvedRefs(unresolved: readonly Finding[]): readonly ConditionVerdict[] {
  const [first] = unresolved;
  if (first === undefined) return [];
  const message = joinMessages(unresolved.map((finding) => finding.message));
  return [{ type: 'ResolvedRefs', status: 'False', reason: first.reason, message }];
}

/** Whether a fleet says that routes without `parentRefs` are for it. */
export function claimsDefault(fleet: { readonly metadata: Pick<ObjectMeta, 'annotations'> }): boolean {
  return fleet.metadata.annotations?.[defaultFleetAnnotation] === 'true';
}
