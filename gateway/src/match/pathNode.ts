import { comparePrecedence } from '@evergate/contract/precedence';
import type { Candidate } from './candidate.ts';

/** Shared by the nodes without candidates of a kind; stays empty. */
const none: Candidate[] = [];

/** Exact paths, regular expressions by their literal prefix, path prefixes. */
export type CandidateKind = 'exact' | 'patterns' | 'prefixes';

/**
 * A node of a radix tree over characters: the text from the root to here is `depth` characters long, and no two children
 * continue it with the same character. Its candidates stand in the order they are to be tried.
 */
export class PathNode {
  readonly depth: number;
  #exact = none;
  #patterns = none;
  #prefixes = none;
  #label: string;
  #parent: PathNode | undefined;
  #children: Map<number, PathNode> | undefined;

  /** `label` is what the node adds to its parent's text. */
  constructor(label = '', parent?: PathNode) {
    this.depth = (parent?.depth ?? 0) + label.length;
    this.#label = label;
    this.#parent = parent;
  }

  get parent(): PathNode | undefined {
    return this.#parent;
  }

  get exact(): readonly Candidate[] {
    return this.#exact;
  }

  get patterns(): readonly Candidate[] {
    return this.#patterns;
  }

  get prefixes(): readonly Candidate[] {
    return this.#prefixes;
  }

  /** Adds a candidate at its place in `comparePrecedence`. */
  add(kind: CandidateKind, candidate: Candidate): void {
    if (kind === 'exact') this.#exact = withCandidate(this.#exact, candidate);
    else if (kind === 'patterns') this.#patterns = withCandidate(this.#patterns, candidate);
    else this.#prefixes = withCandidate(this.#prefixes, candidate);
  }

  /** The deepest node below this one whose text begins `text`; this one begins it. */
  deepest(text: string): PathNode {
    let node: PathNode = this;
    while (node.depth < text.length) {
      const child = node.#children?.get(text.charCodeAt(node.depth));
      if (child === undefined || !text.startsWith(child.#label, node.depth)) return node;
      node = child;
    }
    return node;
  }

  /** The node of exactly `text`, made where there is none. This node's text begins it. */
  insert(text: string): PathNode {
    const node = this.deepest(text);
    if (node.depth === text.length) return node;
    const child = node.#children?.get(text.charCodeAt(node.depth));
    if (child === undefined) return node.#adopt(new PathNode(text.slice(node.depth), node));
    const fork = child.#splitAt(sharedLength(child.#label, text, node.depth));
    return fork.depth === text.length ? fork : fork.#adopt(new PathNode(text.slice(fork.depth), fork));
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
    this.#children ??= new Map();
    this.#children.set(child.#label.charCodeAt(0), child);
    return child;
  }
}

/** Adds to the list, or to a new one where it is the shared empty one: by binary search, so that no step of a build is long. */
function withCandidate(list: Candidate[], candidate: Candidate): Candidate[] {
  if (list === none) return [candidate];
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePrecedence(list[middle] as Candidate, candidate) <= 0) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, candidate);
  return list;
}

/** How many characters `label` and `text` from `offset` have in common. */
function sharedLength(label: string, text: string, offset: number): number {
  let length = 0;
  while (length < label.length && label.charCodeAt(length) === text.charCodeAt(offset + length)) length += 1;
  return length;
}
