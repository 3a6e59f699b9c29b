import type { Condition } from '@evergate/crds/conditions';
import type { GatewayRouteStatus, RouteParentStatus } from '@evergate/crds/gatewayRoute';
import { parentStatuses } from '../translate/routeStatus.ts';
import type { ConditionVerdict, Finding, ParentVerdict } from '../translate/verdict.ts';
import { obstacleOf, stampConditions, summarise } from './conditions.ts';
import type { RouteRecord } from './ledger.ts';
import { type FleetDelivery, programmed } from './programmed.ts';

/** What one fleet says of a route. */
export interface RouteInFleet {
  readonly record: RouteRecord;
  readonly delivery: FleetDelivery;
}

export interface RouteStatusInput {
  readonly generation: number;
  /** The parents that the route names; empty where it is for the default fleet. */
  readonly named: readonly ParentVerdict['parentRef'][];
  /** The status as it is stored; other controllers' entries in it stay. */
  readonly stored: GatewayRouteStatus | undefined;
  readonly fleets: readonly RouteInFleet[];
  /** References that lead to no fleet of ours. */
  readonly unattached: readonly UnattachedRef[];
  readonly controllerName: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A reference that leads nowhere; without `parentRef`, the route names no fleet and there is no default one. */
export interface UnattachedRef {
  readonly parentRef?: ParentVerdict['parentRef'] | undefined;
  readonly finding: Finding;
}

/**
 * The status of a route: an entry for each of its parents, and their sum. Pure; times come from `stored` where nothing changed. The sum
 * is over the entries of all controllers in one order, so that two of them which share a route write the same and never in turn.
 */
export function routeStatus(input: RouteStatusInput): GatewayRouteStatus {
  const { generation, stored, controllerName } = input;
  const now = new Date(input.now).toISOString();
  const ours = [...input.fleets.flatMap((fleet) => attachedParents(fleet, input)), ...refusedParents(input)];
  const foreign = foreignParents(stored, controllerName);
  const parents = [...ours, ...foreign].sort(byController).slice(0, 16);
  const homeless = input.unattached.filter(({ parentRef }) => parentRef === undefined).map(({ finding }) => finding);
  const verdicts = [...homeless.map(notAccepted), ...sum(parents, homeless, input)];
  return {
    observedGeneration: generation,
    conditions: stampConditions(verdicts, generation, stored?.conditions ?? [], now),
    parents,
  };
}

/** The entries that other controllers wrote. */
export function foreignParents(
  stored: GatewayRouteStatus | undefined,
  controllerName: string,
): readonly RouteParentStatus[] {
  return (stored?.parents ?? []).filter((parent) => parent.controllerName !== controllerName);
}

function byController(a: RouteParentStatus, b: RouteParentStatus): number {
  if (a.controllerName === b.controllerName) return 0;
  return a.controllerName < b.controllerName ? -1 : 1;
}

function attachedParents({ record, delivery }: RouteInFleet, input: RouteStatusInput): readonly RouteParentStatus[] {
  return parentStatuses(record.verdict, input.controllerName).map((parent, i) => {
    const verdict = record.verdict.parents[i] as ParentVerdict;
    const stored = storedParent(input, verdict.parentRef);
    const isProgrammed = programmed(record, verdict, delivery);
    const conditions = [...verdict.conditions, isProgrammed];
    const { generation } = record.verdict.route;
    return {
      ...parent,
      conditions: stampConditions(conditions, generation, stored?.conditions ?? [], timeOf(input)),
      ...propagation(record, isProgrammed.status === 'True', stored, input.now),
    };
  });
}

/** A generation that was programmed once stays named so, with its time, while the next one is on its way. */
function propagation(
  { heardAt, verdict }: RouteRecord,
  isProgrammed: boolean,
  stored: RouteParentStatus | undefined,
  now: number,
): Pick<RouteParentStatus, 'programmedGeneration' | 'programmedAt' | 'lastPropagationMs'> {
  const { generation } = verdict.route;
  if (!isProgrammed || stored?.programmedGeneration === generation) {
    const { programmedGeneration, programmedAt, lastPropagationMs } = stored ?? {};
    return {
      ...(programmedGeneration === undefined ? {} : { programmedGeneration }),
      ...(programmedAt === undefined ? {} : { programmedAt }),
      ...(lastPropagationMs === undefined ? {} : { lastPropagationMs }),
    };
  }
  return {
    programmedGeneration: generation,
    programmedAt: new Date(now).toISOString(),
    ...(heardAt === undefined ? {} : { lastPropagationMs: Math.max(0, Math.round(now - heardAt)) }),
  };
}

function refusedParents(input: RouteStatusInput): readonly RouteParentStatus[] {
  return input.unattached.flatMap(({ parentRef, finding }) => {
    if (parentRef === undefined) return [];
    const stored = storedParent(input, parentRef)?.conditions ?? [];
    const conditions = stampConditions([notAccepted(finding)], input.generation, stored, timeOf(input));
    return [{ parentRef, controllerName: input.controllerName, conditions }];
  });
}

function notAccepted({ reason, message }: Finding): ConditionVerdict {
  return { type: 'Accepted', status: 'False', reason, message };
}

/** The conditions of a parent that stand in the way of `Ready`, with the status they have then. Someone must act on all but the last. */
const obstacles: readonly (readonly [type: Condition['type'], status: Condition['status']])[] = [
  ['Accepted', 'False'],
  ['ResolvedRefs', 'False'],
  ['PartiallyInvalid', 'True'],
  ['LastKnownGood', 'True'],
  ['Conflicted', 'True'],
  ['Programmed', 'False'],
];

function sum(
  parents: readonly RouteParentStatus[],
  homeless: readonly Finding[],
  { generation, named }: RouteStatusInput,
): readonly ConditionVerdict[] {
  const [finding] = homeless;
  if (finding !== undefined) return summarise({ status: 'False', ...finding }, 'Lasting');
  if (parents.length === 0) return [];
  const conditions = parents.flatMap((parent) => parent.conditions);
  for (const [type, status] of obstacles) {
    const found = conditions.find((condition) => condition.type === type && condition.status === status);
    if (found === undefined) continue;
    const reason = found.reason as ConditionVerdict['reason'];
    return summarise(
      { status: 'False', reason, message: found.message },
      type === 'Programmed' ? obstacleOf(reason) : 'Lasting',
    );
  }
  const message = notYetSaid(parents, named, generation);
  if (message !== undefined) return summarise({ status: 'False', reason: 'Pending', message }, 'Passing');
  return summarise({ status: 'True', reason: 'Ready', message: 'Every parent serves the route as written' }, 'Passing');
}

/** Of a parent that is another operator's, only that one can say whether the route is ready there. */
function notYetSaid(
  parents: readonly RouteParentStatus[],
  named: RouteStatusInput['named'],
  generation: number,
): string | undefined {
  const late = parents.find((parent) => parent.conditions.some((one) => one.observedGeneration < generation));
  if (late !== undefined) return `${late.controllerName} has not looked at this generation yet`;
  const position = named.findIndex((ref) => !parents.some(({ parentRef }) => isSameRef(parentRef, ref)));
  return position < 0 ? undefined : `spec.parentRefs[${position}]: its operator has not said anything yet`;
}

function isSameRef(a: ParentVerdict['parentRef'], b: ParentVerdict['parentRef']): boolean {
  return a.name === b.name && a.namespace === b.namespace && a.sectionName === b.sectionName;
}

function storedParent(
  { stored, controllerName }: RouteStatusInput,
  ref: ParentVerdict['parentRef'],
): RouteParentStatus | undefined {
  return stored?.parents?.find(
    ({ parentRef, controllerName: writer }) => writer === controllerName && isSameRef(parentRef, ref),
  );
}

function timeOf({ now }: RouteStatusInput): string {
  return new Date(now).toISOString();
}
