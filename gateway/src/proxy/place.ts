import type { Admitted, Waiter } from '../upstream/admission.ts';
import type { Backend } from '../upstream/backend.ts';

/** What one request takes up of its backend's limits, and gives back. */
export class Place {
  #backend: Backend;
  #entered = false;
  #holdsConnection = false;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  get backend(): Backend {
    return this.#backend;
  }

  /** False where the backend has as many requests as it may have. */
  enter(): boolean {
    this.#entered = this.#backend.admission.enter();
    return this.#entered;
  }

  /** Gives back everything here, and is for `backend` from now on. */
  moveTo(backend: Backend, waiter: Waiter): void {
    this.leave(waiter);
    this.#backend = backend;
  }

  /** Where it says `Waiting`, `waiter` hears when there is a connection, and then says so with `onConnection`. */
  takeConnection(waiter: Waiter): Admitted {
    if (this.#holdsConnection) return 'Now';
    const admitted = this.#backend.admission.takeConnection(waiter);
    this.#holdsConnection = admitted === 'Now';
    return admitted;
  }

  onConnection(): void {
    this.#holdsConnection = true;
  }

  /** The connection outlives the request; the returned function gives its place back. */
  detachConnection(): () => void {
    const { admission } = this.#backend;
    this.#holdsConnection = false;
    return () => admission.releaseConnection();
  }

  /** Gives back everything. A second call does nothing. */
  leave(waiter: Waiter): void {
    const { admission } = this.#backend;
    admission.cancel(waiter);
    if (this.#holdsConnection) admission.releaseConnection();
    this.#holdsConnection = false;
    if (this.#entered) admission.leave();
    this.#entered = false;
  }
}
