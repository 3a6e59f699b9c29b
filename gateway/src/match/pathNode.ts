import { comparePrecedence } from '@evergate/contract/precedence';
import type { Candidate } from './candidate.ts';

/** Exact paths, regular expressions by their literal prefix, path prefixes: the order in which they are tried. */
export const candidateKinds = ['exact', 'patterns', 'prefixes'] as const;
export type CandidateKind = (typeof candidateKinds)[number];

const none: readonly Candidate[] = [];

/**
 * A node of the radix tree over characters that a table of paths is built from: the text from the root to here is `depth`
 * characters long, and no two children continue it with the same character.
 */
export class PathNode {
  readonly depth: number;
  #label: string;
  #parent: PathNode | undefined;
  readonly #children = new Map<number, PathNode>();
  readonly #candidates = new Map<CandidateKind, Candidate[]>();

  /** `label` is what the node adds to its parent's text. */
  constructor(label = '', parent?: PathNode) {
    this.depth = (parent?.depth ?? 0) + label.length;
    this.#label = label;
    this.#parent = parent;
  }

  get label(): string {
    return this.#label;
  }

  get children(): Iterable<PathNode> {
    return this.#children.values();
  }

  /** In the order of `comparePrecedence`. */
  candidates(kind: CandidateKind): readonly Candidate[] {
    return this.#candidates.get(kind) ?? none;
  }

  /** Adds a candidate at its place in `comparePrecedence`, by binary search: no step of a build is long. */
  add(kind: CandidateKind, candidate: Candidate): void {
    const list = this.#candidates.get(kind);
    if (list === undefined) this.#candidates.set(kind, [candidate]);
    else list.splice(placeIn(list, candidate), 0, candidate);
  }

  /** The node of exactly `text`, made where there is none. This node's text begins it. */
  insert(text: string): PathNode {
    const node = this.#deepest(text);
    if (node.depth === text.length) return node;
    const child = node.#children.get(text.charCodeAt(node.depth));
    if (child === undefined) return node.#adopt(new PathNode(text.slice(node.depth), node));
    const fork = child.#splitAt(sharedLength(child.#label, text, node.depth));
    return fork.depth === text.length ? fork : fork.#adopt(new PathNode(text.slice(fork.depth), fork));
  }

  /** The deepest node below this one whose text begins `text`. */
  #deepest(text: string): PathNode {
    let node: PathNode = this;
    while (node.depth < text.length) {
      const child = node.#children.get(text.charCodeAt(node.depth));
      if (child === undefined || !text.startsWith(child.#label, node.depth)) return node;
      node = child;
    }
    return node;
  }

  /** Puts a new node between this one and its parent, after the first `length` characters of the label. */
  #splitAt(length: number): PathNode {
    const parent = this.#parent as PathNode;
    const fork = parent.#adopt(new PathNode(this.#label.slice(0, length), parent));
    this.#label = this.#label.slice(length);
    this.#parent = fork;
    fork.#adopt(this);
    return fork;
  }

  #adopt(child: PathNode): PathNode {
    this.#children.set(child.#label.charCodeAt(0), child);
    return child;
  }
}

/** Behind all that do not come after it. */
function placeIn(list: readonly Candidate[], candidate: Candidate): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePrecedence(list[middle] as Candidate, candidate) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many characters `label` and `text` from `offset` have in common. */
function sharedLength(label: string, text: string, offset: number): number {
  let length = 0;
  while (length < label.length && label.charCodeAt(length) === text.charCodeAt(offset + length)) length += 1;
  return length;
}
