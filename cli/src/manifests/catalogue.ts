import type { FileEvent } from '@evergate/gateway/reload/directory';
import type { FileFinding } from './finding.ts';
import { type Manifest, manifestKey } from './manifest.ts';
import { type FileReading, findingsOf, manifestsOf, placeOf, readFileText } from './readFile.ts';

/** An object and the file it came from. */
export interface CataloguedManifest {
  readonly manifest: Manifest;
  readonly reading: FileReading;
}

/** All there is now, after every rule about broken files and doubled names. */
export interface Contents {
  /** By `manifestKey`. Those of one kind stand in the order of their files' names. */
  readonly manifests: ReadonlyMap<string, CataloguedManifest>;
  /** Everything wrong with the files as they are now. */
  readonly findings: readonly FileFinding[];
}

/** What became of a file. One that is leaving is gone, and what it said stays until another file says it or it is `deleted`. */
export type CatalogueEvent = FileEvent | { readonly type: 'leaving'; readonly path: string };

interface CataloguedFile {
  readonly reading: FileReading;
  readonly served: readonly CataloguedManifest[];
  readonly isLeaving?: boolean;
  /** Why the file cannot be read now. */
  readonly problem?: string;
}

/**
 * The objects of a set of files that are edited while they are in use. A mistake never takes away what was there:
 * - a file that cannot be read, or a document in it that cannot be parsed, leaves in place what it said before;
 * - an object that its schema refuses stays as it last was good; routes and policies are passed on as they are, for `translate`
 *   does the same in finer steps, and so is a fleet that never was good, for without it another would be assumed;
 * - a file that was given another name takes its objects along;
 * - of two objects of one kind and name the one that was there first stays, at the start the one of the first file by name.
 */
export class Catalogue {
  readonly #files = new Map<string, CataloguedFile>();
  /** Which file each object comes from, by `manifestKey`. */
  #owners: ReadonlyMap<string, string> = new Map();

  apply(events: readonly CatalogueEvent[]): void {
    for (const event of events) this.#applyOne(event);
  }

  contents(): Contents {
    const chosen = new Map<string, CataloguedManifest>();
    const doubled: CataloguedManifest[] = [];
    const all = [...this.#files.values()].sort((a, b) => (a.reading.file < b.reading.file ? -1 : 1));
    const { stay: files = [], leave = [] } = Object.groupBy(all, ({ isLeaving }) => (isLeaving ? 'leave' : 'stay'));
    for (const entry of files.flatMap(({ served }) => served)) {
      const key = manifestKey(entry.manifest);
      const rival = chosen.get(key);
      const wins = rival === undefined || this.#isOwner(key, entry, rival);
      if (wins) chosen.set(key, entry);
      if (rival !== undefined) doubled.push(wins ? rival : entry);
    }
    for (const entry of leave.flatMap(({ served }) => served)) {
      const key = manifestKey(entry.manifest);
      if (!chosen.has(key)) chosen.set(key, entry);
    }
    this.#owners = new Map([...chosen].map(([key, { reading }]) => [key, reading.file]));
    const findings = files.flatMap((file) => [...unreadable(file), ...findingsOf(file.reading)]);
    return { manifests: chosen, findings: [...findings, ...doubled.map((entry) => duplicate(entry, chosen))] };
  }

  #isOwner(key: string, entry: CataloguedManifest, rival: CataloguedManifest): boolean {
    const owner = this.#owners.get(key);
    return owner === entry.reading.file && owner !== rival.reading.file;
  }

  #applyOne(event: CatalogueEvent): void {
    const { path } = event;
    const before = this.#files.get(path);
    if (event.type === 'deleted') {
      this.#files.delete(path);
    } else if (event.type === 'leaving') {
      if (before !== undefined) this.#files.set(path, { ...before, isLeaving: true });
    } else if (event.type === 'problem') {
      const kept = before ?? { reading: { file: path, documents: [], broken: true }, served: [] };
      this.#files.set(path, { ...kept, isLeaving: false, problem: event.message });
    } else {
      const reading = readFileText(path, event.text, before?.reading);
      this.#files.set(path, { reading, served: serve(reading, before?.served ?? []) });
    }
  }
}

function serve(reading: FileReading, before: readonly CataloguedManifest[]): readonly CataloguedManifest[] {
  const previous = new Map(before.map((entry) => [manifestKey(entry.manifest), entry]));
  const manifests = manifestsOf(reading);
  const served = manifests.flatMap((manifest) => {
    const isReadByParts = manifest.kind === 'GatewayRoute' || manifest.kind === 'BackendPolicy';
    if (manifest.problems.length === 0 || isReadByParts) return [{ manifest, reading }];
    return previous.get(manifestKey(manifest)) ?? (manifest.kind === 'GatewayFleet' ? [{ manifest, reading }] : []);
  });
  if (!reading.broken) return served;
  const named = new Set(manifests.map(manifestKey));
  return [...served, ...before.filter(({ manifest }) => !named.has(manifestKey(manifest)))];
}

function unreadable({ reading, problem }: CataloguedFile): readonly FileFinding[] {
  if (problem === undefined) return [];
  const kept = reading.documents.length > 0 ? '; until then, what was last read of it stays in force' : '';
  const message = `${problem}; put that right or remove it${kept}`;
  return [{ file: reading.file, line: 1, column: 1, severity: 'error', check: 'Unreadable', path: '', message }];
}

function duplicate(
  { manifest, reading }: CataloguedManifest,
  chosen: ReadonlyMap<string, CataloguedManifest>,
): FileFinding {
  const object = manifestKey(manifest);
  const first = chosen.get(object);
  const place = first === undefined ? '' : `${first.reading.file}:${placeOf(first.reading, first.manifest, '').line}`;
  const message = `is not used, as ${place} has an object of the same kind and name; rename or remove one of them`;
  const position = placeOf(reading, manifest, 'metadata.name');
  return {
    file: reading.file,
    ...position,
    severity: 'error',
    check: 'Duplicate',
    object,
    path: 'metadata.name',
    message,
  };
}
