/**
 * Why a watch had to be opened anew. `ended` is how it should be; `endedEarly`: the API server went away in good order; `gone`: it no
 * longer knows the version; `silent`: not even a bookmark came; `failed`: it was refused or cut; `backInTime`: a backup was restored.
 */
export const restartCauses = ['ended', 'endedEarly', 'gone', 'silent', 'failed', 'backInTime'] as const;
export type RestartCause = (typeof restartCauses)[number];

/** What a reflector did so far. */
export interface ReflectorCounts {
  readonly lists: number;
  readonly watches: number;
  readonly restarts: Readonly<Record<RestartCause, number>>;
  readonly listenerErrors: number;
}

export class ReflectorCounters {
  readonly #restarts: Record<RestartCause, number> = {
    ended: 0,
    endedEarly: 0,
    gone: 0,
    silent: 0,
    failed: 0,
    backInTime: 0,
  };
  #lists = 0;
  #watches = 0;
  #listenerErrors = 0;

  get counts(): ReflectorCounts {
    return {
      lists: this.#lists,
      watches: this.#watches,
      restarts: { ...this.#restarts },
      listenerErrors: this.#listenerErrors,
    };
  }

  list(): void {
    this.#lists += 1;
  }

  watch(): void {
    this.#watches += 1;
  }

  restart(cause: RestartCause): void {
    this.#restarts[cause] += 1;
  }

  listenerError(): void {
    this.#listenerErrors += 1;
  }
}
