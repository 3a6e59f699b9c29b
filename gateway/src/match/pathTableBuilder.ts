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

  /** Adds a tree in breadth-first order, so that siblings stand together; a step a node. Returns where its root stands. */
  *add(root: PathNode): Generator<void, number> {
    const start = this.#nodes.length / STRIDE;
    const queue = [root];
    const above = [-1];
    for (let i = 0; i < queue.length; i++) {
      const node = queue[i] as PathNode;
      const firstChild = start + queue.length;
      for (const child of node.children) queue.push(child);
      this.#write(node, firstChild, above[i] as number);
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
    });
  }

  /** One record, its numbers in the order of `Field`. */
  #write(node: PathNode, firstChild: number, above: number): void {
    this.#nodes.push(this.#labels.length, node.depth, this.#jumps.length, this.#writeJumps(node, firstChild), above);
    for (let i = 1; i < node.label.length; i++) this.#labels.push(node.label.charCodeAt(i));
    for (const kind of candidateKinds) {
      this.#nodes.push(this.#candidates.length);
      for (const candidate of node.candidates(kind)) this.#candidates.push(candidate);
    }
  }

  /** Adds the node's jumps and returns their range. */
  #writeJumps(node: PathNode, firstChild: number): number {
    const characters = [...node.children].map(({ label }) => label.charCodeAt(0));
    if (characters.length === 0) return 0;
    const lowest = Math.min(...characters);
    const start = this.#jumps.length;
    const width = Math.max(...characters) - lowest + 1;
    for (let i = 0; i < width; i++) this.#jumps.push(-1);
    characters.forEach((character, index) => {
      this.#jumps[start + character - lowest] = firstChild + index;
    });
    return lowest + (width << WIDTH_SHIFT);
  }
}

/** Whether paths that go on below the node can meet candidates of it. */
function hasPathsBelow(node: PathNode): boolean {
  return node.candidates('patterns').length > 0 || node.candidates('prefixes').length > 0;
}
