import type { PartReference } from '@evergate/contract/document';
import type { DocumentKind } from '@evergate/contract/names';

/** Where documents can come from, the liveliest first. */
export const sourceNames = ['Watch', 'Mount', 'Copy'] as const;
export type SourceName = (typeof sourceNames)[number];

/** What a source tells whoever reads from it. Calls come one after the other and must not throw. */
export interface SourceListener {
  /** The index of a document is new, or has changed. Only the latest of a kind matters. */
  onIndex(kind: DocumentKind, text: string): void;
  /** Something could not be read; the source goes on trying. One sentence without a full stop, nothing secret. */
  onProblem(message: string): void;
}

/**
 * Where a gateway's documents come from: a directory, the API server, what it kept itself. A source knows nothing of what documents
 * say; whether they are valid, new and complete is the reloader's business.
 */
export interface DocumentSource {
  /**
   * Begins to report. Resolves after the first look, or when that takes too long: what was there at the start has been reported by
   * then. Never rejects.
   */
  start(listener: SourceListener): Promise<void>;
  /**
   * Reads what is stored of a part, in the encoding that its reference names. Rejects where it is absent, unreadable or too large;
   * the caller decides whether to ask again.
   */
  readPart(kind: DocumentKind, part: PartReference): Promise<Uint8Array>;
  /** Stops reporting; resolves when nothing more will be reported. */
  close(): Promise<void>;
}

/** A source under its name; a gateway has at most one of each. */
export interface NamedSource {
  readonly name: SourceName;
  readonly source: DocumentSource;
}

/** Whether what `a` says counts where `b` says otherwise. */
export function isAsLively(a: SourceName, b: SourceName): boolean {
  return sourceNames.indexOf(a) <= sourceNames.indexOf(b);
}
