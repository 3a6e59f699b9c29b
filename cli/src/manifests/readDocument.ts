import { type Document, LineCounter, type Node, type ParsedNode, parseAllDocuments, type YAMLError } from 'yaml';
import type { Finding } from './finding.ts';
import { kubernetesYaml } from './kubernetesYaml.ts';
import { type Manifest, manifestKey, type Place, readManifest, recognise } from './manifest.ts';
import { type Position, positionAt, textStart } from './position.ts';

/** What one YAML document says. Positions count from its own first line. */
export interface DocumentReading {
  readonly text: string;
  readonly manifests: readonly Manifest[];
  readonly findings: readonly Finding[];
  /** It holds something of which not even the name can be read: whatever stood here before may still be meant. */
  readonly broken: boolean;
}

interface Reader {
  readonly lines: LineCounter;
  readonly manifests: Manifest[];
  readonly findings: Finding[];
  broken: boolean;
}

const MAX_DEPTH_OF_LISTS = 4;

/** Reads the YAML of `text`: every problem, its objects, and those of Lists. Nothing is thrown. */
export function readDocument(text: string): DocumentReading {
  const unreadable = findUnreadable(text);
  if (unreadable !== undefined) return { text, manifests: [], findings: [unreadable], broken: true };
  const { documents, lines } = parse(text);
  const reader: Reader = { lines, manifests: [], findings: [], broken: false };
  for (const [i, document] of documents.entries()) readOne(document, { text, document: i, root: '' }, reader);
  const { manifests, findings, broken } = reader;
  return { text, manifests, findings, broken };
}

/** Control characters that YAML has no place for, and what stands for bytes that are no UTF-8. */
const UNREADABLE = /(?![\t\n\r\u0085])\p{Cc}|\ufffd/u;

function findUnreadable(text: string): Finding | undefined {
  const at = text.search(UNREADABLE);
  if (at < 0) return undefined;
  const before = text.slice(0, at).split('\n');
  const position = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  const found = text[at] === '\ufffd' ? 'bytes that are no UTF-8' : `the control character ${JSON.stringify(text[at])}`;
  const message = `found ${found}; expected YAML text in UTF-8`;
  return { ...position, severity: 'error', check: 'Syntax', path: '', message };
}

/** Where fields stand, as far as anyone asked: the same warnings are placed again and again while files are edited. */
const positions = new WeakMap<Manifest, Map<string, Position>>();

/** Where a field of an object stands, counted from the first line of its YAML document. */
export function positionOf(manifest: Manifest, path: string): Position {
  const known = positions.get(manifest) ?? new Map<string, Position>();
  positions.set(manifest, known);
  const position = known.get(path) ?? findPosition(manifest, path);
  known.set(path, position);
  return position;
}

function findPosition({ place }: Manifest, path: string): Position {
  const { documents, lines } = parse(place.text);
  const contents = documents[place.document]?.contents;
  return contents == null ? textStart : positionAt(contents, joinPaths(place.root, path), lines);
}

interface ParsedText {
  readonly text: string;
  readonly documents: readonly Document.Parsed<ParsedNode>[];
  readonly lines: LineCounter;
}

/** Several problems of one document are looked up one after the other. */
let lastParsed: ParsedText | undefined;

function parse(text: string): ParsedText {
  if (lastParsed?.text === text) return lastParsed;
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { ...kubernetesYaml, lineCounter: lines, prettyErrors: false });
  lastParsed = { text, documents: 'empty' in parsed ? [] : parsed, lines };
  return lastParsed;
}

function readOne(document: Document.Parsed<ParsedNode>, place: Place, reader: Reader): void {
  // What comes after the first is most often its consequence.
  for (const error of document.errors.slice(0, 1)) reader.findings.push(syntaxFinding(error, 'error', reader.lines));
  for (const warning of document.warnings) reader.findings.push(syntaxFinding(warning, 'warning', reader.lines));
  if (document.errors.length > 0) reader.broken = true;
  if (document.errors.length > 0 || document.contents === null) return;
  readValue(toPlain(document, reader), document.contents, place, reader);
}

/** Aliases that multiply without end are refused only here. */
function toPlain(document: Document.Parsed<ParsedNode>, reader: Reader): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    reader.findings.push({ ...textStart, severity: 'error', check: 'Syntax', path: '', message });
    reader.broken = true;
    return null;
  }
}

function readValue(value: unknown, contents: Node, place: Place, reader: Reader): void {
  if (value === null || value === undefined) return;
  const { root } = place;
  const at = (path: string): Position => positionAt(contents, joinPaths(root, path), reader.lines);
  if (typeof value !== 'object' || Array.isArray(value)) {
    const found = Array.isArray(value) ? `a list of ${value.length}` : JSON.stringify(value);
    const message = `found ${found}; expected an object with apiVersion, kind and metadata`;
    reader.findings.push({ ...at(''), severity: 'error', check: 'Schema', path: root, message });
    reader.broken = true;
    return;
  }
  const items: unknown = Reflect.get(value, 'items');
  if (Reflect.get(value, 'kind') !== 'List' || !Array.isArray(items)) return readObject(value, at, place, reader);
  if (root.split('items[').length > MAX_DEPTH_OF_LISTS) return;
  for (const [i, item] of items.entries()) {
    readValue(item, contents, { ...place, root: joinPaths(root, `items[${i}]`) }, reader);
  }
}

function readObject(value: object, at: (path: string) => Position, place: Place, reader: Reader): void {
  const recognised = recognise(value);
  if (recognised.type === 'foreign') {
    const message = `${recognised.name} is skipped, gateways do not read it`;
    reader.findings.push({ ...at(''), severity: 'note', check: 'Skipped', path: '', message });
    return;
  }
  if (recognised.type === 'unknown') {
    const { problem } = recognised;
    reader.findings.push({ ...at(problem.path), severity: 'error', check: 'Schema', ...problem });
    reader.broken = true;
    return;
  }
  const manifest = readManifest(recognised.kind, value, place);
  if (manifest === undefined) {
    const message = 'is required; expected the name of the object';
    reader.findings.push({ ...at('metadata'), severity: 'error', check: 'Schema', path: 'metadata.name', message });
    reader.broken = true;
    return;
  }
  reader.manifests.push(manifest);
  const object = manifestKey(manifest);
  for (const problem of manifest.problems) {
    reader.findings.push({ ...at(problem.path), severity: 'error', check: 'Schema', object, ...problem });
  }
}

function syntaxFinding(error: YAMLError, severity: 'error' | 'warning', lines: LineCounter): Finding {
  const { line, col } = lines.linePos(error.pos[0]);
  const message = error.message.replace(/\s*\n[\s\S]*$/, '').replace(/\.$/, '');
  return { line: Math.max(line, 1), column: Math.max(col, 1), severity, check: 'Syntax', path: '', message };
}

function joinPaths(root: string, path: string): string {
  if (root === '' || path === '') return `${root}${path}`;
  return `${root}.${path}`;
}
