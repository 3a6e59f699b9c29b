import type { FileFinding } from './finding.ts';
import type { Manifest } from './manifest.ts';
import type { Position } from './position.ts';
import { type DocumentReading, positionOf, readDocument } from './readDocument.ts';
import { splitDocuments } from './splitDocuments.ts';

/** What one file says. Immutable: the next reading shares the documents that did not change. */
export interface FileReading {
  readonly file: string;
  readonly documents: readonly PlacedDocument[];
  /** As of its documents: with one of them broken, what the file said before may still be meant. */
  readonly broken: boolean;
}

export interface PlacedDocument {
  readonly reading: DocumentReading;
  readonly linesBefore: number;
}

/** Reads a file's text. Of what `previous` knows, only the documents that changed are parsed. */
export function readFileText(file: string, text: string, previous?: FileReading): FileReading {
  const known = new Map(previous?.documents.map(({ reading }) => [reading.text, reading]));
  const documents = splitDocuments(text).map(({ text: document, linesBefore }) => {
    const reading = known.get(document) ?? readDocument(document);
    // Of two equal documents each gets objects of its own, so that each has its place.
    known.delete(document);
    return { reading, linesBefore };
  });
  return { file, documents, broken: documents.some(({ reading }) => reading.broken) };
}

export function manifestsOf({ documents }: FileReading): readonly Manifest[] {
  return documents.flatMap(({ reading }) => reading.manifests);
}

/** Kinds that are skipped are named once a file. */
export function findingsOf({ file, documents }: FileReading): readonly FileFinding[] {
  const findings = documents.flatMap(({ reading, linesBefore }) =>
    reading.findings.map((finding) => ({ ...finding, file, line: finding.line + linesBefore })),
  );
  const skipped = Map.groupBy(findings, ({ severity, message }) => (severity === 'note' ? message : undefined));
  return findings.filter((finding) => finding.severity !== 'note' || skipped.get(finding.message)?.[0] === finding);
}

/** Where a field of one of the file's objects stands in the file. */
export function placeOf({ documents }: FileReading, manifest: Manifest, path: string): Position {
  const placed = documents.find(({ reading }) => reading.manifests.includes(manifest));
  const { line, column } = positionOf(manifest, path);
  return { line: line + (placed?.linesBefore ?? 0), column };
}
