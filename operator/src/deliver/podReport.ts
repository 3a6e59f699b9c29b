import type { Position } from '@evergate/contract/document';
import { type DocumentKind, documentKinds } from '@evergate/contract/names';

/** What one gateway says of itself on its status port (`/revision`). */
export interface PodReport {
  /** The write of each document that it serves; undefined for one that never came. */
  readonly serves: Readonly<Record<DocumentKind, ServedWrite | undefined>>;
  /** The versions of the documents it reads. */
  readonly reads: readonly number[];
  /** Ids of rules it serves before their endpoints or secrets have come; the first 100. */
  readonly waitingRules: readonly string[];
  /** Why it refuses the newest document, or rules of it; empty while it refuses nothing. The first 100. */
  readonly refused: readonly string[];
  /** It cannot tell whether what it serves is the newest. */
  readonly stale: boolean;
  /** Ids of backends whose circuit breaker is not closed there; the first 100. */
  readonly tripped: readonly string[];
}

export interface ServedWrite extends Position {
  readonly fleetUID: string;
}

/** Reads an answer of a status port of this version or another: what is missing reads as nothing. Undefined where it is no answer of one. */
export function readPodReport(answer: unknown): PodReport | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const writes = documentKinds.map((kind) => [kind, readWrite(fieldOf(answer, kind))]);
  return {
    serves: Object.fromEntries(writes) as PodReport['serves'],
    reads: arrayOf(fieldOf(answer, 'reads')).filter((version) => typeof version === 'number'),
    waitingRules: arrayOf(fieldOf(fieldOf(answer, 'waiting'), 'rules')).map(String),
    refused: arrayOf(fieldOf(fieldOf(answer, 'refused'), 'problems')).map(describeProblem),
    stale: fieldOf(answer, 'stale') === true,
    tripped: arrayOf(fieldOf(fieldOf(answer, 'tripped'), 'backends')).map(String),
  };
}

function readWrite(written: unknown): ServedWrite | undefined {
  const [epoch, sequence] = [fieldOf(written, 'epoch'), fieldOf(written, 'sequence')];
  if (typeof epoch !== 'number' || typeof sequence !== 'number') return undefined;
  return { fleetUID: String(fieldOf(written, 'fleetUID') ?? ''), epoch, sequence };
}

function describeProblem(problem: unknown): string {
  return `${String(fieldOf(problem, 'path'))}: ${String(fieldOf(problem, 'message'))}`;
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, 100) : [];
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}
