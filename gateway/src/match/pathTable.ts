import { comparePrecedence } from '@evergate/contract/precedence';
import type { Candidate } from './candidate.ts';
import type { MatchTarget } from './matchTarget.ts';
import { endsSegment } from './pathKey.ts';
import type { Predicate } from './predicate.ts';

/** A node is a record of so many numbers. */
export const STRIDE = 8;

/**
 * Where a record has what. Candidates of a node stand together, those of each kind in the order they are tried; those of the
 * last kind end where the next node's begin.
 */
export const Field = {
  /** Where the node's label goes on in `labels`. */
  Label: 0,
  /** Length of the text from the root to the end of the label. */
  Depth: 1,
  /**
   * Where the node's jumps begin in `jumps`: the child for each character from the lowest of the children's on. Where these leave no gap,
   * as digits do, the complement of the first child, whose siblings follow it.
   */
  Jumps: 2,
  /** That lowest character, and in the upper half how many characters there are from it to the highest. */
  Range: 3,
  /** The nearest node above with patterns or prefixes, -1 without one. */
  Above: 4,
  Exact: 5,
  Patterns: 6,
  Prefixes: 7,
} as const;

/** How `Field.Range` is packed. */
export const WIDTH_SHIFT = 16;
const LOWEST = 0xffff;

const END_OF_PREFIXES = STRIDE + Field.Exact;

export interface PathTableData {
  /** Records of the nodes, and one more that ends the candidates of the last. */
  readonly nodes: Int32Array;
  /** Children by the first character of their labels, -1 where there is none: no search among siblings, whose end nothing predicts. */
  readonly jumps: Int32Array;
  /** The characters of all labels but their first. */
  readonly labels: Uint16Array;
  readonly candidates: readonly Candidate[];
  /** For each candidate the place of its rule's listeners in `listeners`, doubled, and one more where it has predicates. */
  readonly tests: Int32Array;
  /** Each list that rules have, once. */
  readonly listeners: readonly (readonly string[])[];
}

/**
 * The candidates of every hostname by path: radix trees over characters, of exact paths, prefixes and the literal prefixes of
 * regular expressions. One walk down finds the deepest node on a request's path; whatever may match stands there or above it.
 * Costs the length of the path and the candidates that share it, and allocates nothing.
 *
 * Laid out flat, because over objects and Maps a walk waits for memory once there are thousands of routes.
 */
export class PathTable {
  readonly #nodes: Int32Array;
  readonly #jumps: Int32Array;
  readonly #labels: Uint16Array;
  readonly #candidates: readonly Candidate[];
  readonly #tests: Int32Array;
  readonly #listeners: readonly (readonly string[])[];

  constructor({ nodes, jumps, labels, candidates, tests, listeners }: PathTableData) {
    this.#nodes = nodes;
    this.#jumps = jumps;
    this.#labels = labels;
    this.#candidates = candidates;
    this.#tests = tests;
    this.#listeners = listeners;
  }

  /** The first candidate by `comparePrecedence`, of the tree at the node `root`, whose path and predicates hold. */
  find(root: number, target: MatchTarget): Candidate | undefined {
    const deepest = this.#deepest(root, target.path);
    return this.#findExact(deepest, target) ?? this.#findPattern(deepest, target) ?? this.#findPrefix(deepest, target);
  }

  #field(node: number, field: number): number {
    return this.#nodes[node * STRIDE + field] as number;
  }

  #deepest(root: number, path: string): number {
    let node = root;
    for (;;) {
      const depth = this.#field(node, Field.Depth);
      if (depth >= path.length) return node;
      const child = this.#child(node, path.charCodeAt(depth));
      if (child < 0 || !this.#labelHolds(child, path, depth + 1)) return node;
      node = child;
    }
  }

  /** The child whose label begins with the character, -1 without one. */
  #child(node: number, character: number): number {
    const range = this.#field(node, Field.Range);
    const jump = character - (range & LOWEST);
    if (jump < 0 || jump >= range >>> WIDTH_SHIFT) return -1;
    const jumps = this.#field(node, Field.Jumps);
    return jumps < 0 ? ~jumps + jump : (this.#jumps[jumps + jump] as number);
  }

  /** Whether the label's characters but the first, which `#child` has seen, stand in `path` from there on. */
  #labelHolds(node: number, path: string, from: number): boolean {
    const end = this.#field(node, Field.Depth);
    if (end > path.length) return false;
    let at = this.#field(node, Field.Label);
    for (let i = from; i < end; i++, at++) {
      if (this.#labels[at] !== path.charCodeAt(i)) return false;
    }
    return true;
  }

  #findExact(deepest: number, target: MatchTarget): Candidate | undefined {
    if (this.#field(deepest, Field.Depth) !== target.path.length) return undefined;
    return this.#firstThatHolds(this.#field(deepest, Field.Exact), this.#field(deepest, Field.Patterns), target);
  }

  /** The best one may stand at any node of the way: longer patterns go first, not longer literal prefixes. */
  #findPattern(deepest: number, target: MatchTarget): Candidate | undefined {
    let best: Candidate | undefined;
    for (let node = deepest; node >= 0; node = this.#field(node, Field.Above))
      best = this.#betterPattern(node, best, target);
    return best;
  }

  #betterPattern(node: number, best: Candidate | undefined, target: MatchTarget): Candidate | undefined {
    const end = this.#field(node, Field.Prefixes);
    for (let i = this.#field(node, Field.Patterns); i < end; i++) {
      const candidate = this.#candidates[i] as Candidate;
      if (best !== undefined && comparePrecedence(best, candidate) < 0) return best;
      if (this.#holds(i, target) && candidate.pathPattern?.matches(target.path)) return candidate;
    }
    return best;
  }

  /** The deeper the node, the longer the prefix. */
  #findPrefix(deepest: number, target: MatchTarget): Candidate | undefined {
    for (let node = deepest; node >= 0; node = this.#field(node, Field.Above)) {
      if (!endsSegment(target.path, this.#field(node, Field.Depth))) continue;
      const found = this.#firstThatHolds(this.#field(node, Field.Prefixes), this.#field(node, END_OF_PREFIXES), target);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #firstThatHolds(start: number, end: number, target: MatchTarget): Candidate | undefined {
    for (let i = start; i < end; i++) {
      if (this.#holds(i, target)) return this.#candidates[i];
    }
    return undefined;
  }

  /** Whether all but the path of a candidate holds. Most have no predicates: of thousands, a candidate itself is far away in memory. */
  #holds(i: number, target: MatchTarget): boolean {
    const test = this.#tests[i] as number;
    if (this.#listeners[test >> 1]?.includes(target.listener) !== true) return false;
    return (test & 1) === 0 || allHold((this.#candidates[i] as Candidate).predicates, target);
  }
}

function allHold(predicates: readonly Predicate[], target: MatchTarget): boolean {
  for (const predicate of predicates) {
    if (!predicate.holds(target)) return false;
  }
  return true;
}
