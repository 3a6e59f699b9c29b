import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DocumentIndex, PartReference } from '@evergate/contract/document';
import { type DocumentKind, partKey } from '@evergate/contract/names';
import type { Parsed, Problem } from '@evergate/contract/problem';
import { type Breathe, inSlices } from './breathe.ts';
import { type PartReading, readPartText } from './partText.ts';

const MAX_LISTED = 100;

/** From a part's text, and the part of its name that is served, to what is kept of it; in steps short against a slice. */
export type PartSteps<P> = (text: string, former: P | undefined) => Generator<void, Parsed<P>>;

export interface PartLoading<P> extends PartReading {
  readonly stepsOf: PartSteps<P>;
  /** What is there already, by hash: it is taken over as it is, and neither read nor parsed. */
  readonly held: ReadonlyMap<string, P>;
  /** The parts that are served, by name. */
  readonly former: ReadonlyMap<string, P>;
  readonly breathe: Breathe;
}

export interface PartsLoaded<P> {
  readonly outcome: 'loaded';
  /** By hash. */
  readonly parts: ReadonlyMap<string, P>;
  /** How many were read and parsed. */
  readonly parsed: number;
  readonly ignored: readonly Problem[];
}

export type PartsNotLoaded =
  | { readonly outcome: 'superseded' }
  /** `mayHeal`: a part was not there, or another one; the same index may be good later. */
  | { readonly outcome: 'refused'; readonly problems: readonly Problem[]; readonly mayHeal: boolean };

/** Loads the parts that `index` names and that are not held yet. Never rejects. */
export async function loadParts<P>(
  index: DocumentIndex,
  loading: PartLoading<P>,
): Promise<PartsLoaded<P> | PartsNotLoaded> {
  const named = new Set(index.parts.map(({ hash }) => hash));
  const parts = new Map([...loading.held].filter(([hash]) => named.has(hash)));
  const missing = index.parts.filter(({ hash }) => !parts.has(hash));
  const problems: Problem[] = [];
  const ignored: Problem[] = [];
  for (const part of missing) {
    const loaded = await loadPart(index.kind, part, loading);
    if (loaded.outcome !== 'judged') return loaded;
    const { result } = loaded;
    if (result.ok) parts.set(part.hash, result.value);
    if (result.ok) ignored.push(...result.ignored);
    else problems.push(...result.problems);
    if (problems.length >= MAX_LISTED) break;
  }
  if (problems.length > 0) return { outcome: 'refused', problems: problems.slice(0, MAX_LISTED), mayHeal: false };
  return { outcome: 'loaded', parts, parsed: missing.length, ignored: ignored.slice(0, MAX_LISTED) };
}

async function loadPart<P>(
  kind: DocumentKind,
  part: PartReference,
  loading: PartLoading<P>,
): Promise<{ readonly outcome: 'judged'; readonly result: Parsed<P> } | PartsNotLoaded> {
  const reading = await readPartText(kind, part, loading);
  if (reading.outcome === 'superseded') return reading;
  if (reading.outcome === 'unavailable') return { outcome: 'refused', problems: [reading.problem], mayHeal: true };
  // A large part takes milliseconds to hash, and again to parse: between them requests get their turn.
  await nextTurn();
  const result = await inSlices(loading.stepsOf(reading.text, loading.former.get(part.name)), loading.breathe);
  const key = partKey(kind, part.name, part.slot, part.encoding);
  if (!result.ok) return { outcome: 'judged', result: { ok: false, problems: prefixed(result.problems, key) } };
  return { outcome: 'judged', result: { ...result, ignored: prefixed(result.ignored, key) } };
}

function prefixed(problems: readonly Problem[], key: string): Problem[] {
  return problems.map(({ path, message }) => ({ path: path === '' ? key : `${key} ${path}`, message }));
}
