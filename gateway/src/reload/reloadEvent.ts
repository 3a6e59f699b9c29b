import type { DocumentOrder } from '@evergate/contract/document';
import type { DocumentKind } from '@evergate/contract/names';
import type { Problem } from '@evergate/contract/problem';
import type { SourceName } from './source.ts';

/** What happens while documents are reloaded, for logs and counters. Nothing secret; lists have 100 entries at most. */
export type ReloadEvent =
  | {
      readonly type: 'swapped';
      readonly kind: DocumentKind;
      readonly source: SourceName;
      readonly order: DocumentOrder;
      /** How many parts were read and parsed; the others were kept. */
      readonly parsedParts: number;
    }
  /** The last good version stays. Not repeated while the same is wrong. */
  | {
      readonly type: 'refused';
      readonly kind: DocumentKind;
      readonly source: SourceName;
      readonly problems: readonly Problem[];
    }
  /** Rules of a table that is served without them. */
  | { readonly type: 'leftOut'; readonly problems: readonly Problem[] }
  /** Fields that this build does not know; a newer operator wrote them. */
  | { readonly type: 'ignoredFields'; readonly kind: DocumentKind; readonly fields: readonly Problem[] }
  /** An older version came after a newer one, as mounts that lag do. */
  | {
      readonly type: 'older';
      readonly kind: DocumentKind;
      readonly source: SourceName;
      readonly offered: DocumentOrder;
      readonly newest: DocumentOrder;
    }
  | { readonly type: 'anotherFleet'; readonly kind: DocumentKind; readonly from: string; readonly to: string }
  /** Routes were swapped in before the endpoints or secrets they need had come. */
  | { readonly type: 'waiting'; readonly rules: readonly string[] }
  /** A bug of ours: what was applied before stays, and reloading goes on. */
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'sourceProblem'; readonly source: SourceName; readonly message: string };
