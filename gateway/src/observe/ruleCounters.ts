import { labelText } from './exposition.ts';
import { grown, Slots, type SlotsOptions } from './slots.ts';

/** Where the cells of a row stand: five status classes, then three sums. A row is one cache line. */
const CLASSES = 5;
const DURATION_MS = 5;
const REQUEST_BYTES = 6;
const RESPONSE_BYTES = 7;
const STRIDE = 8;

export interface RuleLabels {
  readonly namespace: string;
  readonly route: string;
  readonly rule: string;
}

/** What was counted for one rule, or for all of them. */
export interface RuleRow {
  /** Label text; empty for the totals. */
  readonly labels: string;
  /** Answers of the classes 1xx to 5xx. */
  readonly byClass: Float64Array;
  readonly durationMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** Counts a rule's requests. Plain typed arrays: a `record` costs a few nanoseconds and allocates nothing. */
export class RuleCounters {
  readonly #slots: Slots;
  readonly #totals = new Float64Array(STRIDE);
  #cells = new Float64Array(64 * STRIDE);

  constructor(options: SlotsOptions) {
    this.#slots = new Slots(labelText({ namespace: '', route: '', rule: '' }), options);
  }

  /** The slot of a rule id; the same over reloads, with its counts. `noSlot` once the limit is reached. */
  slotFor(id: string, labels: RuleLabels): number {
    const { namespace, route, rule } = labels;
    const slot = this.#slots.slotFor(id, () => labelText({ namespace, route, rule }));
    this.#cells = grown(this.#cells, this.#slots.size, STRIDE);
    return slot;
  }

  /** Says which slots the table now served uses. The series of all others disappear after the grace, and their slots are reused. */
  retain(slots: Iterable<number>): void {
    this.#slots.retain(slots);
    this.sweep();
  }

  /** Forgets the rules that were removed a grace ago. */
  sweep(): void {
    for (const index of this.#slots.sweep()) this.#cells.fill(0, index * STRIDE, (index + 1) * STRIDE);
  }

  /**
   * Counts one finished request. `slot` is the rule's, `noSlot` where none matched. A status outside 100 to 599 counts as 5xx.
   * The duration in milliseconds is the whole exchange, the bytes are those of the bodies.
   */
  record(slot: number, status: number, durationMs: number, requestBytes: number, responseBytes: number): void {
    const first = this.#slots.index(slot) * STRIDE;
    const byHundred = (status / 100) | 0;
    const statusClass = byHundred >= 1 && byHundred <= CLASSES ? byHundred - 1 : CLASSES - 1;
    addTo(this.#cells, first, statusClass, durationMs, requestBytes, responseBytes);
    addTo(this.#totals, 0, statusClass, durationMs, requestBytes, responseBytes);
  }

  /** Everything recorded since the start, whatever became of the rules. */
  totals(): RuleRow {
    return row('', this.#totals);
  }

  /** The number of rows, some of which may be free. */
  get size(): number {
    return this.#slots.size;
  }

  /** The row at a position below `size`; undefined where it is free or nothing was counted. Row 0 is what belongs to no rule. */
  row(index: number): RuleRow | undefined {
    const labels = this.#slots.labels(index);
    if (labels === undefined) return undefined;
    const found = row(labels, this.#cells.subarray(index * STRIDE, (index + 1) * STRIDE));
    return found.byClass.some((count) => count > 0) ? found : undefined;
  }
}

function addTo(
  cells: Float64Array,
  first: number,
  statusClass: number,
  durationMs: number,
  requestBytes: number,
  responseBytes: number,
): void {
  (cells[first + statusClass] as number) += 1;
  (cells[first + DURATION_MS] as number) += durationMs;
  (cells[first + REQUEST_BYTES] as number) += requestBytes;
  (cells[first + RESPONSE_BYTES] as number) += responseBytes;
}

function row(labels: string, cells: Float64Array): RuleRow {
  return {
    labels,
    byClass: cells.subarray(0, CLASSES),
    durationMs: cells[DURATION_MS] as number,
    requestBytes: cells[REQUEST_BYTES] as number,
    responseBytes: cells[RESPONSE_BYTES] as number,
  };
}
