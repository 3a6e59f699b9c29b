import type { DocumentIndex, PartReference } from '@evergate/contract/document';
import { type DocumentKind, partKey } from '@evergate/contract/names';
import type { Parsed, Problem } from '@evergate/contract/problem';
import { type Breathe, inSlices } from './breathe.ts';
import { type PartReading, type PartText, readPartText } from './partText.ts';

const MAX_PROBLEMS = 100;

/** From a part's text to what is kept of it, in steps short against a slice. */
export type PartSteps<P> = (text: string) => Generator<void, Parsed<P>>;

export interface PartLoading<P> extends PartReading {
  readonly stepsOf: PartSteps<P>;
  /** What is there already, by hash: it is taken over as it is, and neither read nor parsed. */
  readonly held: ReadonlyMap<string, P>;
  readonly breathe: Breathe;
}

export type LoadedParts<P> =
  | {
      readonly outcome: 'loaded';
      /** By hash. */
      readonly parts: ReadonlyMap<string, P>;
      /** How many were read and parsed. */
      readonly parsed: number;
      readonly ignored: readonly Problem[];
    }
  | { readonly outcome: 'superseded' }
  /** `mayHeal`: a part was not there, or another one; the same index may be good later. */
  | { readonly outcome: 'refused'; readonly problems: readonly Problem[]; readonly mayHeal: boolean };

/** Loads the parts that `index` names and that are not held yet. Never rejects. */
export async function loadParts<P>(index: DocumentIndex, loading: PartLoading<P>): Promise<LoadedParts<P>> {
  const parts = new Map<string, P>();
  const problems: Problem[] = [];
  const ignored: Problem[] = [];
  let parsed = 0;
  for (const part of index.parts) {
    const held = loading.held.get(part.hash) ?? parts.get(part.hash);
    const loaded = held === undefined ? await loadPart(index.kind, part, loading) : keep(held);
    if (loaded.outcome === 'superseded') return loaded;
    if (loaded.outcome === 'unavailable') return { outcome: 'refused', problems: [loaded.problem], mayHeal: true };
    if (held === undefined) parsed += 1;
    if (loaded.result.ok) parts.set(part.hash, loaded.result.value);
    if (loaded.result.ok) ignored.push(...loaded.result.ignored);
    else problems.push(...loaded.result.problems);
    if (problems.length >= MAX_PROBLEMS) break;
  }
  if (problems.length > 0) return { outcome: 'refused', problems: problems.slice(0, MAX_PROBLEMS), mayHeal: false };
  return { outcome: 'loaded', parts, parsed, ignored: ignored.slice(0, MAX_PROBLEMS) };
}

type LoadedPart<P> =
  | Exclude<PartText, { readonly outcome: 'read' }>
  | { readonly outcome: 'judged'; readonly result: Parsed<P> };

function keep<P>(held: P): LoadedPart<P> {
  return { outcome: 'judged', result: { ok: true, value: held, ignored: [] } };
}

async function loadPart<P>(kind: DocumentKind, part: PartReference, loading: PartLoading<P>): Promise<LoadedPart<P>> {
  const reading = await readPartText(kind, part, loading);
  if (reading.outcome !== 'read') return reading;
  const result = await inSlices(loading.stepsOf(reading.text), loading.breathe);
  const key = partKey(kind, part.name, part.slot);
  if (!result.ok) return { outcome: 'judged', result: { ok: false, problems: prefixed(result.problems, key) } };
  return { outcome: 'judged', result: { ...result, ignored: prefixed(result.ignored, key) } };
}

function prefixed(problems: readonly Problem[], key: string): Problem[] {
  return problems.map(({ path, message }) => ({ path: path === '' ? key : `${key} ${path}`, message }));
}
