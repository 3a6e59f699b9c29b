import type { DocumentIndex, DocumentOrder, RoutesIndex } from '@evergate/contract/document';
import type { Problem } from '@evergate/contract/problem';
import type { BackendSettings } from '@evergate/contract/routeTable';
import type { SnapshotParts } from '../snapshot/compile.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Breathe } from './breathe.ts';
import type { CompiledPart } from './compiledPart.ts';
import type { Candidate } from './documentTrack.ts';

const MAX_LISTED = 100;

export type RoutesCandidate = Candidate<RoutesIndex, CompiledPart>;
export type CompileSnapshot = (parts: SnapshotParts, breathe: Breathe) => Promise<Snapshot>;

/** Routes that are compiled and may be swapped in. */
export interface StagedRoutes {
  readonly candidate: RoutesCandidate;
  readonly snapshot: Snapshot;
  readonly backends: readonly BackendSettings[];
  readonly leftOut: readonly Problem[];
}

/** Makes one table of the compiled parts; of `former`, the one that is served, what did not change is taken over. */
export async function stageRoutes(
  candidate: RoutesCandidate,
  former: Snapshot | undefined,
  compileSnapshot: CompileSnapshot,
  breathe: Breathe,
): Promise<StagedRoutes> {
  const { index } = candidate;
  const parts = partsOf(candidate);
  const rules = parts.flatMap((part) => part.rules);
  const { settings } = index;
  const snapshot = await compileSnapshot({ order: orderOf(index), settings, rules, former }, breathe);
  const backends = parts.flatMap((part) => part.backends);
  const leftOut = parts.flatMap((part) => part.leftOut).slice(0, MAX_LISTED);
  return { candidate, snapshot, backends, leftOut };
}

/** What a candidate's parts came to, in the index's order. */
export function partsOf<P>({ index, parts }: Candidate<DocumentIndex, P>): P[] {
  return index.parts.flatMap(({ hash }) => parts.get(hash) ?? []);
}

/** The order of a document, without the rest of its index. */
export function orderOf({ fleetUID, epoch, sequence, revision }: DocumentOrder): DocumentOrder {
  return { fleetUID, epoch, sequence, revision };
}
