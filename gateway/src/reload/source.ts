import type { DocumentKind } from '@evergate/contract/names';

/** What a source tells whoever reads from it. Calls come one after the other and must not throw. */
export interface SourceListener {
  /** The index of a document is new, or has changed. Only the latest of a kind matters. */
  onIndex(kind: DocumentKind, text: string): void;
  /** Something could not be read; the source goes on trying. One sentence without a full stop, nothing secret. */
  onProblem(message: string): void;
}

/**
 * Where a gateway's documents come from: a directory, later also the API server. A source knows nothing of what documents
 * say; whether they are valid, new and complete is the reloader's business.
 */
export interface DocumentSource {
  /** Begins to report. Resolves after the first look: what was there at the start has been reported by then. Never rejects. */
  start(listener: SourceListener): Promise<void>;
  /**
   * Reads one part by its key (`partKey`). Rejects where it is absent, unreadable or too large; the caller decides whether to
   * ask again.
   */
  readPart(key: string): Promise<string>;
  /** Stops reporting; resolves when nothing more will be reported. */
  close(): Promise<void>;
}
