import type { DocumentOrder } from '@evergate/contract/document';
import type { DocumentKind } from '@evergate/contract/names';
import type { Problem } from '@evergate/contract/problem';
import type { SourceName } from './source.ts';

export interface ServedDocument extends DocumentOrder {
  /** When it was swapped in: RFC 3339. */
  readonly since: string;
  /** The liveliest source that has it. */
  readonly source: SourceName;
}

/** What is served, and what of the newest is not. */
export interface ReloadStatus {
  /** Null for a kind of which no valid document has come. */
  readonly documents: Readonly<Record<DocumentKind, ServedDocument | null>>;
  /** The newest document of some kind was refused: an older one is served. */
  readonly stale: boolean;
  /** Ids of served rules whose endpoints have not come yet. */
  readonly waitingRules: readonly string[];
  /** Why the newest documents were refused. */
  readonly refused: readonly Problem[];
  /** Why rules of the table are not served; the others are. */
  readonly leftOut: readonly Problem[];
}
