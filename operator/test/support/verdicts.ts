import type { Rule } from '@evergate/contract/routeTable';
import { type Acknowledgement, type AnsweringPod, acknowledge } from '../../src/deliver/acknowledgement.ts';
import type { FleetPod } from '../../src/deliver/fleetPods.ts';
import type { PodReport } from '../../src/deliver/podReport.ts';
import type { RouteRecord } from '../../src/status/ledger.ts';
import type { ConditionVerdict, ParentVerdict, RouteVerdict, RuleVerdict } from '../../src/translate/verdict.ts';

/* Verdicts and answers for tests of what is made of them. */

export const FLEET_UID = 'fleet-uid';
export const CONTROLLER = 'evergate.dev/operator';
export const NOW: number = Date.UTC(2026, 0, 2, 3, 4, 5);
export const THEN = '2026-01-01T00:00:00.000Z';

export const accepted: ConditionVerdict = { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'Taken' };

export function route(changes: Partial<Rule['route']> = {}): Rule['route'] {
  return {
    namespace: 'shop',
    name: 'orders',
    uid: 'route-uid',
    generation: 2,
    createdAt: 1,
    ...changes,
  } as Rule['route'];
}

export function rule(changes: Partial<RuleVerdict> = {}): RuleVerdict {
  const findings = { invalid: [], unresolved: [], conflicts: [], warnings: [] };
  return {
    id: 'shop/orders/all',
    name: 'all',
    position: 0,
    state: 'Serving',
    servedGeneration: 2,
    ...findings,
    ...changes,
  };
}

export function parent(changes: Partial<ParentVerdict> = {}): ParentVerdict {
  return { parentRef: { name: 'edge' }, listeners: ['http'], conditions: [accepted], ...changes } as ParentVerdict;
}

export function verdict(changes: Partial<RouteVerdict> = {}): RouteVerdict {
  return { route: route(), parents: [parent()], rules: [rule()], ...changes };
}

export function record(changes: Partial<RouteRecord> = {}): RouteRecord {
  return { verdict: verdict(), since: { epoch: 1, sequence: 5 }, heardAt: NOW - 40, refused: undefined, ...changes };
}

export function pod(name: string, changes: Partial<FleetPod> = {}): FleetPod {
  const states = { ready: true, mayReceive: true, terminating: false };
  return { name, address: `10.0.0.${name.length}`, node: `node of ${name}`, ...states, ...changes };
}

export function report(sequence: number | undefined, changes: Partial<PodReport> = {}): PodReport {
  const routes = sequence === undefined ? undefined : { fleetUID: FLEET_UID, epoch: 1, sequence };
  const serves = { routes, endpoints: undefined, secrets: undefined };
  return { serves, reads: [1], waitingRules: [], refused: [], stale: false, tripped: [], ...changes };
}

export function answering(name: string, sequence: number | undefined, changes: Partial<PodReport> = {}): AnsweringPod {
  return { pod: pod(name), answer: { outcome: 'Answered', report: report(sequence, changes) } };
}

export function silent(name: string, why = 'ECONNREFUSED'): AnsweringPod {
  return { pod: pod(name), answer: { outcome: 'Unreachable', why } };
}

export function acknowledged(...pods: readonly AnsweringPod[]): Acknowledgement {
  return acknowledge(pods, FLEET_UID);
}
