import type { ApiClient } from '../../src/kube/apiClient.ts';

/** A write that is about to be sent; `send` sends it. */
export interface PendingWrite {
  readonly method: string;
  /** The plural of the kind. */
  readonly plural: string;
  readonly send: () => Promise<unknown>;
}

const writing: readonly string[] = ['create', 'replace', 'apply', 'applyStatus', 'mergePatch', 'patchStatus', 'delete'];

/** The same client, whose writes, those of its fenced form too, go through `write`. Leases are spared: nobody dies of those here. */
export function faultyClient(client: ApiClient, write: (pending: PendingWrite) => Promise<unknown>): ApiClient {
  return new Proxy(client, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name === 'fenced')
        return (...args: Parameters<ApiClient['fenced']>) => faultyClient(target.fenced(...args), write);
      const call = (...args: unknown[]): Promise<unknown> => Reflect.apply(value, target, args);
      if (!writing.includes(String(name))) return call;
      return (...args: unknown[]) => {
        const { plural } = args[0] as { readonly plural: string };
        const send = (): Promise<unknown> => call(...args);
        return plural === 'leases' ? send() : write({ method: String(name), plural, send });
      };
    },
  });
}
