import type { Candidate } from './candidate.ts';
import { prefixKey } from './pathKey.ts';
import { candidateKinds, type PathNode } from './pathNode.ts';
import { PathTable, STRIDE } from './pathTable.ts';

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
  readonly #firsts: number[] = [];
  readonly #labels: number[] = [];
  readonly #candidates: Candidate[] = [];

  /** Adds a tree in breadth-first order, so that siblings stand together; a step a node. Returns where its root stands. */
  *add(root: PathNode): Generator<void, number> {
    const start = this.#firsts.length;
    const queue = [root];
    const above = [-1];
    for (let i = 0; i < queue.length; i++) {
      const node = queue[i] as PathNode;
      const firstChild = start + queue.length;
      for (const child of node.children) queue.push(child);
      this.#write(node, firstChild, start + queue.length - firstChild, above[i] as number);
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
      firsts: new Uint16Array(this.#firsts),
      labels: new Uint16Array(this.#labels),
      candidates: this.#candidates,
    });
  }

  /** One record, its numbers in the order of `Field`. */
  #write(node: PathNode, firstChild: number, childCount: number, above: number): void {
    this.#nodes.push(this.#labels.length, node.depth, firstChild, childCount, above);
    this.#firsts.push(node.label.charCodeAt(0));
    for (let i = 1; i < node.label.length; i++) this.#labels.push(node.label.charCodeAt(i));
    for (const kind of candidateKinds) {
      this.#nodes.push(this.#candidates.length);
      for (const candidate of node.candidates(kind)) this.#candidates.push(candidate);
    }
  }
}

/** Whether paths that go on below the node can meet candidates of it. */
function hasPathsBelow(node: PathNode): boolean {
  return node.candidates('patterns').length > 0 || node.candidates('prefixes').length > 0;
}
