import type { ApiClient } from './apiClient.ts';

const routesPath = '/apis/evergate.dev/v1alpha1/gatewayroutes';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration?: number;
}

interface RouteEvent {
  readonly object: {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly status?: { readonly parents?: readonly { readonly conditions: readonly Condition[] }[] };
  };
}

interface Waiting {
  readonly generation: number;
  readonly resolve: (atMs: number) => void;
}

/** Hears from the API server which generation of each route is `Programmed=True`, as a user's own watch would. */
export class ProgrammedWatch {
  readonly #programmed = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #stop = new AbortController();
  #failure: unknown;

  constructor(api: ApiClient) {
    this.#follow(api).catch((error: unknown) => {
      this.#failure = error;
    });
  }

  /** Resolves with when it was heard (`performance.now()`), undefined after `timeoutMs`. */
  async programmed(route: string, generation: number, timeoutMs: number): Promise<number | undefined> {
    if (this.#failure !== undefined) throw this.#failure;
    if ((this.#programmed.get(route) ?? 0) >= generation) return performance.now();
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const timer = setTimeout(resolve, timeoutMs, undefined);
    this.#waiting.set(route, { generation, resolve });
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(route);
    });
  }

  close(): void {
    this.#stop.abort();
  }

  async #follow(api: ApiClient): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const events = api.watch<RouteEvent>(`${routesPath}?watch=true&resourceVersion=0`, signal);
      for await (const event of events) this.#hear(event);
    }
  }

  #hear({ object: { metadata, status } }: RouteEvent): void {
    const name = `${metadata.namespace}/${metadata.name}`;
    const generation = programmedGeneration(status?.parents ?? []);
    this.#programmed.set(name, generation);
    const waiting = this.#waiting.get(name);
    if (waiting !== undefined && generation >= waiting.generation) waiting.resolve(performance.now());
  }
}

/** The generation that all parents say is programmed; 0 for none. */
function programmedGeneration(parents: readonly { readonly conditions: readonly Condition[] }[]): number {
  const generations = parents.map(({ conditions }) => {
    const condition = conditions.find(({ type, status }) => type === 'Programmed' && status === 'True');
    return condition?.observedGeneration ?? 0;
  });
  return generations.length === 0 ? 0 : Math.min(...generations);
}
