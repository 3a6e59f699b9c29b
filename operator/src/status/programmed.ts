import { type Acknowledgement, describeBehind, isAcknowledged, podsBehind } from '../deliver/acknowledgement.ts';
import type { ConditionVerdict, Finding, ParentVerdict, RuleVerdict } from '../translate/verdict.ts';
import { type RouteRecord, routeKey } from './ledger.ts';

/** What is known of a fleet's delivery when a status is written. */
export interface FleetDelivery {
  /** `<namespace>/<name>` of the fleet. */
  readonly fleet: string;
  readonly fleetUID: string;
  readonly acknowledgement: Acknowledgement;
  /** Why the newest table is not written yet; undefined while it is. */
  readonly heldBack?: Finding | undefined;
}

/**
 * Whether every gateway that can receive traffic serves this generation of the route, and nothing older of any rule: after True no
 * request sees what was before. Says nothing that changes with the number of pods, so that a scale step rewrites no route's status.
 */
export function programmed(record: RouteRecord, parent: ParentVerdict, delivery: FleetDelivery): ConditionVerdict {
  const obstacle =
    notServed(record.verdict.rules, parent) ??
    record.refused ??
    notAcknowledged(record, delivery) ??
    waiting(record, delivery);
  if (obstacle !== undefined) return { type: 'Programmed', status: 'False', ...obstacle };
  const message = `Every gateway of GatewayFleet ${delivery.fleet} serves this generation`;
  return { type: 'Programmed', status: 'True', reason: 'Programmed', message };
}

function notServed(rules: readonly RuleVerdict[], parent: ParentVerdict): Finding | undefined {
  if (parent.listeners.length === 0) return { reason: 'NotAccepted', message: 'Nothing of it is served, see Accepted' };
  const broken = rules.filter(({ invalid, state }) => invalid.length > 0 || state === 'LastKnownGood');
  if (broken.length === 0) return undefined;
  const fates = broken.map(({ name, state, servedGeneration }) =>
    state === 'LastKnownGood'
      ? `rule ${name} is served as of generation ${servedGeneration}`
      : `rule ${name} is not served`,
  );
  return { reason: 'SomeRulesInvalid', message: `Not all of it is served as written: ${fates.join(', ')}` };
}

function notAcknowledged({ since }: RouteRecord, delivery: FleetDelivery): Finding | undefined {
  const { acknowledgement, fleet, fleetUID, heldBack } = delivery;
  if (acknowledgement.receiving.length === 0) {
    return { reason: 'NoGatewayReady', message: `No gateway of GatewayFleet ${fleet} is ready` };
  }
  if (isAcknowledged(acknowledgement, since)) return undefined;
  if (heldBack !== undefined) return heldBack;
  const behind = describeBehind(podsBehind(acknowledgement, since, fleetUID));
  return { reason: 'Pending', message: `Not every gateway of GatewayFleet ${fleet} serves it yet: ${behind}` };
}

function waiting({ verdict }: RouteRecord, { acknowledgement, fleet }: FleetDelivery): Finding | undefined {
  if (!acknowledgement.waitingRoutes.has(routeKey(verdict.route))) return undefined;
  const message = `Some gateways of GatewayFleet ${fleet} still wait for the endpoints or secrets of its rules`;
  return { reason: 'Pending', message };
}
