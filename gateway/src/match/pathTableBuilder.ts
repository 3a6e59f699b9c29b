import type { Candidate } from './candidate.ts';
import { prefixKey } from './pathKey.ts';
import { candidateKinds, type PathNode } from './pathNode.ts';
import { PathTable, STRIDE, WIDTH_SHIFT } from './pathTable.ts';

/** Adds a candidate to the tree of a hostname. */
export function addCandidate(root: PathNode, candidate: Candidate): void {
  const { path } = candidate.match;
  if (path.type === 'Exact') root.insert(path.value).add('exact', candidate);
  else if (path.type === 'PathPrefix') root.insert(prefixKey(path.value)).add('prefixes', candidate);
  else root.insert(candidate.pathPattern?.literalPrefix ?? '').add('patterns', candidate);
}

/** Lays trees out flat, one after the other. */
export class PathTableBuilder {
  readonly #nodes: number[] = [];
  readonly #jumps: number[] = [];
  readonly #labels: number[] = [];
  readonly #candidates: Candidate[] = [];
  readonly #tests: number[] = [];
  readonly #listeners: (readonly string[])[] = [];
  /** Where each list of listeners stands, by its names. */
  readonly #placeOf = new Map<string, number>();

  /**
   * Adds a tree in breadth-first order, so that siblings stand together, in the order of their characters; a step a node. Returns where its
   * root stands.
   */
  *add(root: PathNode): Generator<void, number> {
    const start = this.#nodes.length / STRIDE;
    const queue = [root];
    const above = [-1];
    for (let i = 0; i < queue.length; i++) {
      const node = queue[i] as PathNode;
      const firstChild = start + queue.length;
      const children = [...node.children].sort((a, b) => firstCharacter(a) - firstCharacter(b));
      for (const child of children) queue.push(child);
      this.#write(node, this.#jumpsTo(children, firstChild), above[i] as number);
      const next = hasPathsBelow(node) ? start + i : (above[i] as number);
      while (above.length < queue.length) above.push(next);
      yield;
    }
    return start;
  }

  /** The table of all trees added; the builder is of no more use. */
  finish(): PathTable {
    for (let i = 0; i < STRIDE; i++) this.#nodes.push(this.#candidates.length);
    return new PathTable({
      nodes: new Int32Array(this.#nodes),
      jumps: new Int32Array(this.#jumps),
      labels: new Uint16Array(this.#labels),
      candidates: this.#candidates,
      tests: new Int32Array(this.#tests),
      listeners: this.#listeners,
    });
  }

  /** One record, its numbers in the order of `Field`. */
  #write(node: PathNode, jumps: readonly [jumps: number, range: number], above: number): void {
    this.#nodes.push(this.#labels.length, node.depth, ...jumps, above);
    for (let i = 1; i < node.label.length; i++) this.#labels.push(node.label.charCodeAt(i));
    for (const kind of candidateKinds) {
      this.#nodes.push(this.#candidates.length);
      for (const candidate of node.candidates(kind)) this.#writeCandidate(candidate);
    }
  }

  #writeCandidate(candidate: Candidate): void {
    const { rule, predicates } = candidate;
    this.#candidates.push(candidate);
    this.#tests.push(this.#listenersAt(rule.listeners) * 2 + (predicates.length > 0 ? 1 : 0));
  }

  #listenersAt(names: readonly string[]): number {
    const key = names.join();
    const known = this.#placeOf.get(key);
    if (known !== undefined) return known;
    this.#placeOf.set(key, this.#listeners.length);
    return this.#listeners.push(names) - 1;
  }

  /** What leads to the children, which stand in the order of their characters from `firstChild` on. */
  #jumpsTo(children: readonly PathNode[], firstChild: number): readonly [jumps: number, range: number] {
    const [lowestChild] = children;
    const highestChild = children.at(-1);
    if (lowestChild === undefined || highestChild === undefined) return [0, 0];
    const lowest = firstCharacter(lowestChild);
    const width = firstCharacter(highestChild) - lowest + 1;
    const range = lowest + (width << WIDTH_SHIFT);
    if (width === children.length) return [~firstChild, range];
    const start = this.#jumps.length;
    for (let i = 0; i < width; i++) this.#jumps.push(-1);
    children.forEach((child, index) => {
      this.#jumps[start + firstCharacter(child) - lowest] = firstChild + index;
    });
    return [start, range];
  }
}

/** Siblings differ in it. */
function firstCharacter({ label }: PathNode): number {
  return label.charCodeAt(0);
}

/** Whether paths that go on below the node can meet candidates of it. */
function hasPathsBelow(node: PathNode): boolean {
  return node.candidates('patterns').length > 0 || node.candidates('prefixes').length > 0;
}
