import { labelText } from './exposition.ts';
import { grown, Slots, type SlotsOptions } from './slots.ts';

const REQUESTS = 0;
const FAILURES = 1;
const IN_FLIGHT = 2;
const READY = 3;
/** What is counted beside the attempts, by what is read, and where. */
const COLUMNS = {
  retries: 4,
  retriesDenied: 5,
  breakerRefusals: 6,
  overloaded: 7,
  ejections: 8,
  unreachable: 9,
  unhealthy: 10,
  ejected: 11,
  breakerState: 12,
  waiting: 13,
} as const;
const STRIDE = 16;

export type BackendColumn = keyof typeof COLUMNS;

export interface BackendRow {
  readonly labels: string;
  readonly requests: number;
  readonly failures: number;
  readonly inFlight: number;
  readonly endpointsReady: number;
}

/** Counts what is sent to each backend, one attempt at a time. Its slots live as those of `RuleCounters`. */
export class BackendCounters {
  readonly #slots: Slots;
  #cells = new Float64Array(64 * STRIDE);

  constructor(options: SlotsOptions) {
    this.#slots = new Slots(labelText({ backend: '' }), options);
  }

  /** The slot of a backend, by its `backendId`. */
  slotFor(backend: string): number {
    const slot = this.#slots.slotFor(backend, () => labelText({ backend }));
    this.#cells = grown(this.#cells, this.#slots.size, STRIDE);
    return slot;
  }

  /** Says which backends the table now served uses; the series of all others disappear after the grace. */
  retain(slots: Iterable<number>): void {
    this.#slots.retain(slots);
    this.sweep();
  }

  sweep(): void {
    for (const index of this.#slots.sweep()) this.#cells.fill(0, index * STRIDE, (index + 1) * STRIDE);
  }

  /** An attempt begins; `ended` follows once. */
  started(slot: number): void {
    const index = this.#slots.index(slot);
    (this.#cells[index * STRIDE + REQUESTS] as number) += 1;
    if (index !== 0) (this.#cells[index * STRIDE + IN_FLIGHT] as number) += 1;
  }

  /** An attempt ended; `failed` where the backend is to blame (no connection, reset, time-out, broken answer). */
  ended(slot: number, failed: boolean): void {
    const index = this.#slots.index(slot);
    if (failed) (this.#cells[index * STRIDE + FAILURES] as number) += 1;
    // Row 0 has no gauge: an attempt that outlives its backend's slot began in another row.
    if (index !== 0) (this.#cells[index * STRIDE + IN_FLIGHT] as number) -= 1;
  }

  /** Counts one. */
  add(slot: number, column: BackendColumn): void {
    (this.#cells[this.#slots.index(slot) * STRIDE + COLUMNS[column]] as number) += 1;
  }

  /** Sets a gauge. */
  set(slot: number, column: BackendColumn, value: number): void {
    const index = this.#slots.index(slot);
    if (index !== 0) this.#cells[index * STRIDE + COLUMNS[column]] = value;
  }

  setEndpointsReady(slot: number, count: number): void {
    const index = this.#slots.index(slot);
    if (index !== 0) this.#cells[index * STRIDE + READY] = count;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** One cell of the row at a position below `size`; 0 where the row is free. */
  cell(index: number, column: BackendColumn): number {
    return this.#cells[index * STRIDE + COLUMNS[column]] as number;
  }

  /** The label text of a row; undefined where it is free. */
  labels(index: number): string | undefined {
    return this.#slots.labels(index);
  }

  /** The row at a position below `size`; undefined where it is free. Row 0 belongs to no backend and is left out while unused. */
  row(index: number): BackendRow | undefined {
    const labels = this.#slots.labels(index);
    const first = index * STRIDE;
    const requests = this.#cells[first + REQUESTS] as number;
    if (labels === undefined || (index === 0 && requests === 0)) return undefined;
    return {
      labels,
      requests,
      failures: this.#cells[first + FAILURES] as number,
      inFlight: this.#cells[first + IN_FLIGHT] as number,
      endpointsReady: this.#cells[first + READY] as number,
    };
  }
}
