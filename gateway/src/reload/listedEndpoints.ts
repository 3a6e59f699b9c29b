import type { BackendEndpoints } from '@evergate/contract/endpoints';

const LIMIT_KEPT = 10_000;

/**
 * The endpoints to serve. A backend that the document no longer names keeps its last endpoints until the routes are swapped:
 * documents travel apart, and the routes that still use it may be served a moment longer. A backend without endpoints is
 * different, it is named with none.
 */
export class ListedEndpoints {
  #named: readonly BackendEndpoints[] = [];
  #kept: readonly BackendEndpoints[] = [];
  #ids = new Set<string>();

  get all(): readonly BackendEndpoints[] {
    return this.#kept.length === 0 ? this.#named : [...this.#named, ...this.#kept];
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  replace(named: readonly BackendEndpoints[]): void {
    const before = this.all;
    this.#ids = new Set(named.map(({ id }) => id));
    this.#named = named;
    this.#kept = before.filter(({ id }) => !this.#ids.has(id)).slice(0, LIMIT_KEPT);
  }

  /** Drops what only earlier routes used. Returns whether there was any. */
  dropUnnamed(): boolean {
    const dropped = this.#kept.length > 0;
    this.#kept = [];
    return dropped;
  }
}
