import { openLoop } from '../load/openLoop.ts';
import { type ApiCall, ApiClient } from './apiClient.ts';

const PARALLEL = 8;
const MAX_UNDER_WAY = 500;

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

/** Calls at a constant rate, whatever becomes of them. */
export interface PacedCalls {
  readonly calls: readonly ApiCall[];
  readonly ratePerSecond: number;
}

/** Makes the calls in their order, as if somebody changed things all the time; resolves with how many. One that is refused ends it. */
export async function runPacedCalls({ calls, ratePerSecond }: PacedCalls, signal: AbortSignal): Promise<number> {
  const api = new ApiClient();
  const underWay = new Set<Promise<unknown>>();
  let failure: unknown;
  const fire = (number: number): void => {
    const call = calls[number];
    if (call === undefined || failure !== undefined) return;
    if (underWay.size >= MAX_UNDER_WAY) {
      failure = new Error('the API server does not keep up');
      return;
    }
    const made: Promise<unknown> = api.call(call).catch((error: unknown) => {
      failure = error;
    });
    underWay.add(made);
    void made.finally(() => underWay.delete(made));
  };
  await openLoop(ratePerSecond, calls.length / ratePerSecond, fire, signal);
  await Promise.all(underWay);
  if (failure !== undefined) throw failure;
  return calls.length;
}
