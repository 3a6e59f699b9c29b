import { compareOrder, type Position } from '@evergate/contract/document';
import type { DocumentKind } from '@evergate/contract/names';
import type { FleetPod } from './fleetPods.ts';
import type { PodReport } from './podReport.ts';

/** What a pod answered last, or why it did not. */
export type PodAnswer =
  | { readonly outcome: 'Answered'; readonly report: PodReport }
  | { readonly outcome: 'Unreachable'; readonly why: string };

export interface AnsweringPod {
  readonly pod: FleetPod;
  readonly answer: PodAnswer;
}

/** What the pods of a fleet serve, together. */
export interface Acknowledgement {
  /** Every pod that exists and has an address. */
  readonly pods: readonly AnsweringPod[];
  /** Those that may be sent requests: the ones that count. */
  readonly receiving: readonly AnsweringPod[];
  /** Of the pods that count, the oldest write of the routes that one serves; undefined where one serves none, or none counts. */
  readonly routesFrom: Position | undefined;
  /** Likewise of the secrets. */
  readonly secretsFrom: Position | undefined;
  /** `<namespace>/<name>` of routes with a rule that some pod serves before its endpoints or secrets have come. */
  readonly waitingRoutes: ReadonlySet<string>;
  /** Ids of backends whose circuit breaker is not closed in some pod that counts. */
  readonly tripped: ReadonlySet<string>;
}

/** A write of the routes, and one of the secrets where that matters too. */
export interface Awaited extends Position {
  readonly secrets?: Position | undefined;
}

export const nothingAcknowledged: Acknowledgement = {
  pods: [],
  receiving: [],
  routesFrom: undefined,
  secretsFrom: undefined,
  waitingRoutes: new Set(),
  tripped: new Set(),
};

/** Sums up the answers of a fleet's pods. Only documents of the fleet `fleetUID` count: a namesake's may still be mounted. */
export function acknowledge(pods: readonly AnsweringPod[], fleetUID: string): Acknowledgement {
  const receiving = pods.filter(({ pod }) => pod.mayReceive);
  const reports = receiving.flatMap(({ answer }) => (answer.outcome === 'Answered' ? [answer.report] : []));
  const waiting = reports.flatMap(({ waitingRules }) => waitingRules);
  return {
    pods,
    receiving,
    routesFrom: lowest(receiving.map((pod) => servedOf(pod, 'routes', fleetUID))),
    secretsFrom: lowest(receiving.map((pod) => servedOf(pod, 'secrets', fleetUID))),
    waitingRoutes: new Set(waiting.map((rule) => rule.split('/').slice(0, 2).join('/'))),
    tripped: new Set(reports.flatMap(({ tripped }) => tripped)),
  };
}

/** The write of the routes that a pod serves. */
export function routesOf(pod: AnsweringPod, fleetUID: string): Position | undefined {
  return servedOf(pod, 'routes', fleetUID);
}

function servedOf({ answer }: AnsweringPod, kind: DocumentKind, fleetUID: string): Position | undefined {
  if (answer.outcome !== 'Answered') return undefined;
  const write = answer.report.serves[kind];
  return write?.fleetUID === fleetUID ? write : undefined;
}

/** Whether every pod that counts serves that write or a later one; false where none counts. */
export function isAcknowledged(
  { routesFrom, secretsFrom }: Pick<Acknowledgement, 'routesFrom' | 'secretsFrom'>,
  wanted: Awaited,
): boolean {
  return reaches(routesFrom, wanted) && (wanted.secrets === undefined || reaches(secretsFrom, wanted.secrets));
}

function reaches(served: Position | undefined, wanted: Position): boolean {
  return served !== undefined && compareOrder(served, wanted) >= 0;
}

/** The pods that count and do not serve that write. */
export function podsBehind({ receiving }: Acknowledgement, wanted: Awaited, fleetUID: string): readonly AnsweringPod[] {
  return receiving.filter((pod) => {
    const [routesFrom, secretsFrom] = [routesOf(pod, fleetUID), servedOf(pod, 'secrets', fleetUID)];
    return !isAcknowledged({ routesFrom, secretsFrom }, wanted);
  });
}

/** One sentence on each of the first three pods that are behind, without what changes from one poll to the next. */
export function describeBehind(behind: readonly AnsweringPod[]): string {
  const said = behind.slice(0, 3).map(({ pod, answer }) => {
    if (answer.outcome === 'Unreachable') return `pod ${pod.name} does not answer: ${answer.why}`;
    const [refused] = answer.report.refused;
    return refused === undefined ? `pod ${pod.name} serves an older table` : `pod ${pod.name} refuses it: ${refused}`;
  });
  const more = behind.length - said.length;
  return `${said.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

function lowest(positions: readonly (Position | undefined)[]): Position | undefined {
  let found = positions[0];
  for (const position of positions) {
    if (position === undefined || found === undefined) return undefined;
    if (compareOrder(position, found) < 0) found = position;
  }
  return found;
}
