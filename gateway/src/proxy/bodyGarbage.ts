import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'minor' }) => void;

/** So much of bodies may have passed, and lie about as garbage, before it is collected. */
const LIMIT_BYTES = 16 * 1_048_576;

/**
 * Keeps the memory of large bodies constant. Each chunk of a body is a buffer outside V8's heap behind an object of a few bytes inside, and
 * V8 counts mostly the latter: without this a gigabyte leaves some 80 MiB of dead buffers standing, with it a quarter. A collection of the
 * young generation takes about a millisecond.
 */
export class BodyGarbage {
  readonly #collect: () => void;
  #passedBytes = 0;

  constructor(collect: () => void = youngCollector()) {
    this.#collect = collect;
  }

  /** Bytes of a body went through. */
  passed(bytes: number): void {
    this.#passedBytes += bytes;
    if (this.#passedBytes < LIMIT_BYTES) return;
    this.#passedBytes = 0;
    this.#collect();
  }
}

/** V8's collector, without exposing it to the whole process. */
function youngCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  return () => collect({ type: 'minor' });
}
