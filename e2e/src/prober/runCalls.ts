import { type ApiCall, ApiClient } from './apiClient.ts';

const PARALLEL = 8;

/** Makes many calls quickly, in no particular order; resolves with how many. One that is refused ends it. */
export async function runCalls(calls: readonly ApiCall[], signal: AbortSignal): Promise<number> {
  const api = new ApiClient();
  const waiting = [...calls];
  const work = async (): Promise<void> => {
    for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
      signal.throwIfAborted();
      await api.call(call);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return calls.length;
}
