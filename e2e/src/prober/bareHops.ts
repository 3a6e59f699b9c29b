import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from './apiClient.ts';

const LIMIT_MS = 10_000;
const NAMES = ['bare-first', 'bare-second'];

export interface HopOptions {
  readonly namespace: string;
  readonly count: number;
  readonly gapMs: number;
}

interface WatchEvent {
  readonly object: { readonly metadata: { readonly name: string }; readonly data?: { readonly value?: string } };
}

/**
 * What this machine needs at the least for what an operator does: an object changes, somebody who watches it changes another, and somebody
 * who watches that one hears of it. From the API server's answer to the first change, in milliseconds, each time.
 */
export async function bareHops(options: HopOptions, signal: AbortSignal): Promise<readonly number[]> {
  const api = new ApiClient();
  const end = new AbortController();
  const path = `/api/v1/namespaces/${options.namespace}/configmaps`;
  for (const name of NAMES) await write(api, path, name, 'before');
  const heard = new Values();
  const watches = NAMES.map((name) =>
    follow(api, `${path}?watch=true&fieldSelector=metadata.name=${name}`, heard, end.signal),
  );
  const took: number[] = [];
  for (let hop = 0; hop < options.count && !signal.aborted; hop += 1) {
    const value = `${Date.now()}-${hop}`;
    const relayed = heard.next(`bare-first ${value}`).then(() => write(api, path, 'bare-second', value));
    const arrived = heard.next(`bare-second ${value}`);
    await write(api, path, 'bare-first', value);
    const start = performance.now();
    await relayed;
    took.push(Math.max(0, (await arrived) - start));
    await delay(options.gapMs);
  }
  end.abort();
  await Promise.allSettled(watches);
  return took;
}

async function follow(api: ApiClient, path: string, heard: Values, signal: AbortSignal): Promise<void> {
  for await (const { object } of api.watch<WatchEvent>(path, signal)) {
    heard.hear(`${object.metadata.name} ${object.data?.value}`);
  }
}

async function write(api: ApiClient, path: string, name: string, value: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } };
  const query = 'fieldManager=e2e&force=true';
  await api.call({
    method: 'PATCH',
    path: `${path}/${name}?${query}`,
    body,
    contentType: 'application/apply-patch+yaml',
  });
}

/** Who waits for which value. */
class Values {
  readonly #waiting = new Map<string, (atMs: number) => void>();

  hear(value: string): void {
    this.#waiting.get(value)?.(performance.now());
    this.#waiting.delete(value);
  }

  /** Resolves with when it was heard; rejects after ten seconds. */
  next(value: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const timer = setTimeout(() => reject(new Error(`${value} was not heard`)), LIMIT_MS);
    this.#waiting.set(value, resolve);
    return promise.finally(() => clearTimeout(timer));
  }
}
