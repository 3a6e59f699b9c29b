/** Takes a body out of the bytes of a connection, which may come in any pieces. */
export interface BodyDecoder {
  /** Goes on at `at`; returns where it stopped: behind a piece of the body or its end, at the byte that is wrong, or at the end of `bytes`. */
  read(bytes: Buffer, at: number): number;
  /** What of the body the last `read` found; a view of its bytes. */
  readonly piece: Buffer | undefined;
  readonly progress: 'UnderWay' | 'Complete' | 'Broken';
}

/** A body of a declared length, which is not 0. */
export class LengthDecoder implements BodyDecoder {
  piece: Buffer | undefined;
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get progress(): 'UnderWay' | 'Complete' {
    return this.#left === 0 ? 'Complete' : 'UnderWay';
  }

  read(bytes: Buffer, at: number): number {
    const end = Math.min(at + this.#left, bytes.length);
    this.piece = bytes.subarray(at, end);
    this.#left -= end - at;
    return end;
  }
}
