import { createHash } from 'node:crypto';
import type {
  DocumentIndex,
  EndpointsIndex,
  PartReference,
  RoutesIndex,
  SecretsIndex,
} from '@evergate/contract/document';
import { type DocumentKind, documentKinds, type PartSlot, partKey } from '@evergate/contract/names';
import { parseEndpointsPart, parseIndex, parseRoutesPart, parseSecretsPart } from '@evergate/contract/parse';
import { compareAge } from '@evergate/contract/precedence';
import type { Parsed, Problem } from '@evergate/contract/problem';
import type { FleetSettings, Rule } from '@evergate/contract/routeTable';
import { decompressed } from './compression.ts';
import type { Write } from './documents.ts';
import type { FleetContent, Previous } from './publication.ts';
import { isWhole } from './shards.ts';

/* What a writer that starts knows of the writers before it: stored documents -> what to publish from. Pure. */

/** A part's object, as it is stored. */
export interface StoredPart extends PartSlot {
  readonly encoding?: PartReference['encoding'];
  readonly content: Uint8Array;
}

/** Everything that is stored of a fleet's documents. */
export interface Stored {
  /** The texts of the indexes; a kind is absent where there is none. */
  readonly indexes: Readonly<Partial<Record<DocumentKind, string>>>;
  readonly parts: readonly StoredPart[];
}

/** What gateways serve by the stored documents, as far as those can be read. */
export interface ServedContent extends Pick<FleetContent, 'rules' | 'backends' | 'endpoints' | 'secrets'> {
  /** Undefined where the index of the routes cannot be read. */
  readonly settings: FleetSettings | undefined;
}

export interface Restored {
  /** To publish from. What is damaged is written anew by the next publication, into slots that no index names. */
  readonly previous: Previous;
  readonly served: ServedContent;
  /** The epoch to write with: that of the documents, or a later one where the sequence of one is lost. */
  readonly epoch: number;
  /** What was damaged or missing; empty where everything was read whole, or where nothing was ever published. */
  readonly problems: readonly Problem[];
}

/**
 * Reads back what is published. Where every part is there, the next publication from `previous` is the one that the writer before
 * would have made. Values of secrets are in no problem.
 */
export function restorePublished(stored: Stored): Restored {
  const routes = readDocument(stored, 'routes', isRoutes, parseRoutesPart);
  const endpoints = readDocument(stored, 'endpoints', isEndpoints, parseEndpointsPart);
  const secrets = readDocument(stored, 'secrets', isSecrets, parseSecretsPart);
  const indexes = { routes: routes.index, endpoints: endpoints.index, secrets: secrets.index };
  const lost = lostIndexes(indexes, stored.indexes);
  const content = {
    endpoints: endpoints.parts.flatMap((part) => part.backends),
    secrets: secrets.parts.flatMap((part) => part.secrets),
  };
  const rules = routes.parts.flatMap((part) => part.rules).sort(byAge);
  const backends = routes.parts.flatMap((part) => part.backends);
  const parts = stored.parts.map(({ kind, name, slot }) => ({ kind, name, slot }));
  const unstored = [...routes.unstored, ...endpoints.unstored];
  return {
    previous: { ...indexes, content, parts, unstored },
    served: { settings: routes.index?.settings, rules, backends, ...content },
    epoch: epochAfter(Object.values(stored.indexes), lost.length > 0),
    problems: [...routes.problems, ...endpoints.problems, ...secrets.problems, ...lost],
  };
}

/** The same, with revisions that no content has: the next publication writes every index, and each part that is not what it should be. */
export function distrusted({ routes, endpoints, secrets, ...rest }: Previous): Previous {
  const revision = '';
  return {
    ...rest,
    routes: routes && { ...routes, revision },
    endpoints: endpoints && { ...endpoints, revision },
    secrets: secrets && { ...secrets, revision },
  };
}

interface ReadDocument<I, P> {
  readonly index: I | undefined;
  readonly parts: readonly P[];
  /** What the index carries and no slot has yet: the writer before did not come so far. */
  readonly unstored: readonly Write[];
  readonly problems: readonly Problem[];
}

function readDocument<I extends DocumentIndex, P>(
  stored: Stored,
  kind: DocumentKind,
  isKind: (index: DocumentIndex) => index is I,
  parsePart: (text: string) => Parsed<P>,
): ReadDocument<I, P> {
  const parsed = parseIndex(stored.indexes[kind] ?? '');
  // An index that cannot be read is a lost one.
  if (!parsed.ok || !isKind(parsed.value)) return { index: undefined, parts: [], unstored: [], problems: [] };
  const index = parsed.value;
  const contents = new Map(stored.parts.filter((part) => part.kind === kind).map((part) => [partId(part), part]));
  const readings = index.parts.map((part) => ({ part, result: readPart(kind, part, contents, parsePart) }));
  const problems = readings.flatMap(({ result }) => (result.ok ? [] : result.problems));
  const parts = readings.flatMap(({ result }) => (result.ok ? result.value : []));
  const carried = isWhole(index.parts)
    ? []
    : readings.filter(({ part, result }) => result.ok && part.inline !== undefined);
  const unstored = carried.flatMap(({ part }) => unstoredPart(kind, part, contents.get(partId(part))) ?? []);
  if (problems.length === 0) return { index, parts, unstored, problems };
  const references = readings.map(({ part, result }) => (result.ok ? part : { ...part, hash: DAMAGED }));
  return { index: { ...index, revision: DAMAGED, parts: references }, parts, unstored, problems };
}

/** The write that puts a part, which its index carries, into its slot; undefined where it is there. */
function unstoredPart(kind: DocumentKind, part: PartReference, stored: StoredPart | undefined): Write | undefined {
  const { name, slot, encoding } = part;
  const bytes = inlineBytes(part);
  if (stored?.encoding === encoding && Buffer.compare(stored?.content ?? new Uint8Array(), bytes) === 0)
    return undefined;
  const write = {
    kind,
    part: { kind, name, slot },
    key: partKey(kind, name, slot, encoding),
    text: textOf(bytes, part) ?? '',
  };
  return encoding === undefined ? write : { ...write, gzip: bytes };
}

/** No text has this hash, so that what bears it is written anew. */
const DAMAGED = '';

function readPart<P>(
  kind: DocumentKind,
  part: PartReference,
  contents: ReadonlyMap<string, StoredPart>,
  parsePart: (text: string) => Parsed<P>,
): Parsed<P> {
  const path = part.inline === undefined ? partKey(kind, part.name, part.slot, part.encoding) : `${kind} inline part`;
  const failed = (message: string): Parsed<P> => ({ ok: false, problems: [{ path, message }] });
  const bytes = part.inline === undefined ? storedBytes(contents.get(partId(part)), part) : inlineBytes(part);
  if (bytes === undefined) return failed('found none, accepted is the part that the index names');
  const text = textOf(bytes, part);
  if (text === undefined) return failed(`found ${bytes.byteLength} bytes that are not compressed as the index says`);
  const found = createHash('sha256').update(text).digest('hex');
  if (found !== part.hash) return failed(`found the hash ${found}, accepted is ${part.hash}`);
  const parsed = parsePart(text);
  if (parsed.ok) return parsed;
  return { ok: false, problems: parsed.problems.map((problem) => ({ ...problem, path: `${path} ${problem.path}` })) };
}

function partId({ name, slot }: Pick<PartSlot, 'name' | 'slot'>): string {
  return `${name}-${slot}`;
}

function storedBytes(stored: StoredPart | undefined, part: PartReference): Uint8Array | undefined {
  return stored?.encoding === part.encoding ? stored?.content : undefined;
}

function inlineBytes({ inline = '', encoding }: PartReference): Uint8Array {
  return Buffer.from(inline, encoding === 'gzip' ? 'base64' : 'utf8');
}

function textOf(bytes: Uint8Array, part: PartReference): string | undefined {
  try {
    return decompressed(bytes, part);
  } catch {
    return undefined;
  }
}

type Indexes = Pick<Previous, DocumentKind>;

/**
 * The routes are written last: where they are, or the sequences of the others tell of them, everything was there once. Before
 * that, a writer may have died in its first publication, and nothing is lost.
 */
function lostIndexes(indexes: Indexes, texts: Stored['indexes']): Problem[] {
  const sequences = [indexes.endpoints, indexes.secrets].map((index) => index?.sequence ?? 0);
  const wasWhole = texts.routes !== undefined || Math.max(...sequences) > 1;
  return documentKinds.flatMap((kind) => {
    if (indexes[kind] !== undefined || (texts[kind] === undefined && !wasWhole)) return [];
    const found = texts[kind] === undefined ? 'no index' : 'an index that cannot be read';
    return [{ path: kind, message: `found ${found}, accepted is that of the last publication` }];
  });
}

/** Gateways order by epoch first, so what is written in a later one is newer than a sequence that nobody knows any more. */
function epochAfter(texts: readonly string[], isLost: boolean): number {
  const epochs = texts.map(epochIn);
  const highest = Math.max(0, ...epochs);
  return Math.max(1, isLost ? highest + 1 : highest);
}

/** Of whatever writer: a later version of the document has its epoch in the same place. */
function epochIn(text: string): number {
  const epoch: unknown = /"epoch":([0-9]{1,15})[,}]/.exec(text)?.[1];
  return Number(epoch ?? 0);
}

function byAge(a: Rule, b: Rule): number {
  return compareAge(a.route, b.route) || a.position - b.position || (a.id < b.id ? -1 : 1);
}

function isRoutes(index: DocumentIndex): index is RoutesIndex {
  return index.kind === 'routes';
}

function isEndpoints(index: DocumentIndex): index is EndpointsIndex {
  return index.kind === 'endpoints';
}

function isSecrets(index: DocumentIndex): index is SecretsIndex {
  return index.kind === 'secrets';
}
