import type { Position } from '@evergate/contract/document';
import type { GatewayFleetStatus } from '@evergate/crds/gatewayFleet';
import {
  type Acknowledgement,
  type AnsweringPod,
  describeBehind,
  isAcknowledged,
  podsBehind,
} from '../deliver/acknowledgement.ts';
import type { ConditionVerdict, Finding, FleetVerdict } from '../translate/verdict.ts';
import { joinMessages } from '../translate/verdict.ts';
import { obstacleOf, stampConditions, summarise } from './conditions.ts';

export interface FleetStatusInput {
  readonly verdict: FleetVerdict;
  readonly stored: GatewayFleetStatus | undefined;
  readonly acknowledgement: Acknowledgement;
  /** How many gateways should run. */
  readonly desired: number;
  /** How many of them may be missing: the fleet is available down to there. */
  readonly mayBeMissing: number;
  /** The newest write of the routes, and its revision; undefined before the first. */
  readonly published: (Position & { readonly revision: string }) | undefined;
  /** Why the newest table is not written. */
  readonly heldBack: Finding | undefined;
  /** What could not be applied, or is not ours. */
  readonly complaints: readonly Finding[];
  readonly addresses: NonNullable<GatewayFleetStatus['addresses']>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Gateways of a fleet, in numbers. */
export interface GatewayCount {
  readonly desired: number;
  readonly ready: number;
  /** Those that may be sent requests. */
  readonly receiving: number;
  /** Of these, those that serve the newest table. */
  readonly onRevision: number;
}

/** Counts the gateways of a fleet. Pure. */
export function countGateways(input: FleetStatusInput): GatewayCount {
  const { acknowledgement, desired } = input;
  const ready = acknowledgement.pods.filter(({ pod }) => pod.ready).length;
  const receiving = acknowledgement.receiving.length;
  return { desired, ready, receiving, onRevision: Math.max(0, receiving - behindOf(input).length) };
}

function behindOf({ acknowledgement, published, verdict }: FleetStatusInput): readonly AnsweringPod[] {
  if (published === undefined) return acknowledgement.receiving;
  return podsBehind(acknowledgement, published, verdict.fleet.uid);
}

/** The status of a fleet. Pure; times come from `stored` where nothing changed. */
export function fleetStatus(input: FleetStatusInput): GatewayFleetStatus {
  const { verdict, stored, published } = input;
  const { generation } = verdict.fleet;
  const { desired, ready, onRevision } = countGateways(input);
  const accepted = verdict.conditions;
  const isProgrammed = programmedVerdict(input, behindOf(input));
  const isAvailable = availableVerdict(input, ready);
  const isDegraded = degradedVerdict(input);
  const parts = [...accepted, isProgrammed, isAvailable, isDegraded];
  return {
    observedGeneration: generation,
    conditions: stampConditions(
      [...parts, ...sum(parts)],
      generation,
      stored?.conditions ?? [],
      new Date(input.now).toISOString(),
    ),
    ...(published === undefined ? {} : { revision: published.revision }),
    replicas: { desired, ready, onRevision },
    addresses: [...input.addresses].slice(0, 16),
    listeners: [...verdict.listeners],
  };
}

function programmedVerdict(
  { acknowledgement, published, heldBack }: FleetStatusInput,
  behind: readonly AnsweringPod[],
): ConditionVerdict {
  const type = 'Programmed';
  if (heldBack !== undefined) return { type, status: 'False', ...heldBack };
  if (published === undefined) {
    return { type, status: 'False', reason: 'Pending', message: 'No table has been written yet' };
  }
  if (acknowledgement.receiving.length === 0) {
    return { type, status: 'False', reason: 'NoGatewayReady', message: 'No gateway is ready' };
  }
  if (isAcknowledged(acknowledgement, published)) {
    return { type, status: 'True', reason: 'Programmed', message: 'Every gateway serves the newest table' };
  }
  return { type, status: 'False', reason: 'Pending', message: describeBehind(behind) };
}

function availableVerdict({ desired, mayBeMissing }: FleetStatusInput, ready: number): ConditionVerdict {
  const type = 'Available';
  const wanted = Math.max(1, desired - mayBeMissing);
  if (ready >= wanted) return { type, status: 'True', reason: 'Available', message: 'Enough gateways are ready' };
  return {
    type,
    status: 'False',
    reason: 'TooFewGateways',
    message: `Fewer than ${wanted} of ${desired} gateways are ready; see the pods of the Deployment of the same name`,
  };
}

function degradedVerdict({ complaints, acknowledgement, heldBack }: FleetStatusInput): ConditionVerdict {
  const type = 'Degraded';
  const isStuck = heldBack !== undefined && obstacleOf(heldBack.reason) === 'Lasting';
  const found = [...(isStuck ? [heldBack] : []), ...complaints, ...podComplaints(acknowledgement)];
  const [first] = found;
  if (first === undefined) {
    return { type, status: 'False', reason: 'AllWell', message: 'Nothing needs attention' };
  }
  return { type, status: 'True', reason: first.reason, message: joinMessages(found.map(({ message }) => message)) };
}

function podComplaints({ receiving }: Acknowledgement): readonly Finding[] {
  const refusing = receiving.flatMap(({ pod, answer }): Finding[] => {
    if (answer.outcome === 'Unreachable') {
      const message = `Pod ${pod.name} is ready, but its status port does not answer the operator: ${answer.why}`;
      return [{ reason: 'GatewayUnreachable', message }];
    }
    const [refused] = answer.report.refused;
    if (refused === undefined) return [];
    return [{ reason: 'GatewayRefused', message: `Pod ${pod.name} refuses part of what it was given: ${refused}` }];
  });
  return [...refusing.slice(0, 3), ...sharedNodes(receiving)];
}

function sharedNodes(receiving: readonly AnsweringPod[]): readonly Finding[] {
  const nodes = Map.groupBy(receiving, ({ pod }) => pod.node);
  const shared = [...nodes].find(([node, pods]) => node !== undefined && pods.length > 1);
  if (shared === undefined || nodes.size > 1) return [];
  const message = `All gateways run on node ${shared[0]}, whose loss would end them together; add nodes`;
  return [{ reason: 'SharedNode', message }];
}

/** Being degraded does not make a fleet unready: it serves. */
function sum(parts: readonly ConditionVerdict[]): readonly ConditionVerdict[] {
  const obstacle = parts.find(({ type, status }) => type !== 'Degraded' && status !== 'True');
  if (obstacle === undefined) {
    return summarise({ status: 'True', reason: 'Ready', message: 'The fleet serves the newest table' }, 'Passing');
  }
  const { reason, message, type } = obstacle;
  const isLasting = type === 'Accepted' || obstacleOf(reason) === 'Lasting';
  return summarise({ status: 'False', reason, message }, isLasting ? 'Lasting' : 'Passing');
}
