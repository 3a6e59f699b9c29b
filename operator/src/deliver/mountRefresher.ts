import type { ApiClient } from '../kube/apiClient.ts';
import { isNotFound } from '../kube/apiError.ts';
import { pods } from '../kube/resource.ts';

/** On a pod: the writes its mount should hold. The kubelet brings a pod's mounts up to date at once when the pod changes. */
export const documentsAnnotation = 'evergate.dev/documents';

const CONCURRENCY = 16;

export interface MountRefresherOptions {
  readonly namespace: string;
  /** Its writes are fenced. */
  readonly client: Pick<ApiClient, 'mergePatch'>;
  readonly onError: (pod: string, error: unknown) => void;
}

/** Makes kubelets bring the documents into pods that only mount them. Remembers one text a pod, and nothing of pods that are gone. */
export class MountRefresher {
  readonly #options: MountRefresherOptions;
  #told: ReadonlyMap<string, string> = new Map();

  constructor(options: MountRefresherOptions) {
    this.#options = options;
  }

  /**
   * Tells the pods of these names what is written, at most 16 at a time; those that know it cost nothing. Returns whether all were told;
   * the others are told by the next call. Rejects only with the signal's reason.
   */
  async refresh(names: readonly string[], documents: string, signal?: AbortSignal): Promise<boolean> {
    const told = new Map(names.map((name) => [name, this.#told.get(name) ?? '']));
    this.#told = told;
    const untold = names.filter((name) => told.get(name) !== documents);
    for (let from = 0; from < untold.length; from += CONCURRENCY) {
      signal?.throwIfAborted();
      const batch = untold.slice(from, from + CONCURRENCY);
      await Promise.all(
        batch.map(async (name) => {
          if (await this.#tell(name, documents, signal)) told.set(name, documents);
        }),
      );
    }
    return names.every((name) => told.get(name) === documents);
  }

  async #tell(name: string, documents: string, signal?: AbortSignal): Promise<boolean> {
    const { client, namespace, onError } = this.#options;
    const patch = { metadata: { annotations: { [documentsAnnotation]: documents } } };
    try {
      await client.mergePatch(pods, { namespace, name }, patch, {}, signal);
      return true;
    } catch (error) {
      if (isNotFound(error)) return true;
      if (signal?.aborted !== true) onError(name, error);
      return false;
    }
  }
}
