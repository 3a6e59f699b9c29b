import type { ApiClient } from './apiClient.ts';
import { isGone } from './apiError.ts';
import type { Clock } from './clock.ts';
import type { WatchOptions } from './objectList.ts';
import type { Resource } from './resource.ts';
import type { WatchEvent } from './watchEvent.ts';

/** What of a watch is of use: no error. */
export type GoodEvent = Exclude<WatchEvent, { readonly type: 'ERROR' }>;

export interface WatchOnceOptions {
  readonly client: Pick<ApiClient, 'watch'>;
  readonly resource: Resource;
  readonly options: WatchOptions;
  readonly clock: Clock;
  /** The longest silence, from the start on. */
  readonly silenceMs: number;
  /** Must not throw. */
  readonly onEvent: (event: GoodEvent) => void;
}

/**
 * How a watch ended: by the API server's will; because it no longer knows the version; because it was silent too long; or by an error,
 * which may have come before it began.
 */
export type WatchEnd =
  | { readonly cause: 'ended' | 'silent' }
  | { readonly cause: 'gone' | 'failed'; readonly error: unknown };

/** Watches until the watch ends. Throws the signal's reason when it was aborted, and nothing else. */
export async function watchOnce(watch: WatchOnceOptions, signal: AbortSignal): Promise<WatchEnd> {
  const { client, resource, options, onEvent } = watch;
  const silence = startSilence(watch, signal);
  try {
    for await (const event of client.watch(resource, options, silence.signal)) {
      if (event.type === 'ERROR') return failed(event.error);
      silence.broken();
      onEvent(event);
    }
    signal.throwIfAborted();
    return { cause: 'ended' };
  } catch (error) {
    signal.throwIfAborted();
    return silence.signal.aborted ? { cause: 'silent' } : failed(error);
  } finally {
    silence.clear();
  }
}

function failed(error: unknown): WatchEnd {
  return { cause: isGone(error) ? 'gone' : 'failed', error };
}

interface Silence {
  /** Aborted with the caller's, or when it was silent too long. */
  readonly signal: AbortSignal;
  broken(): void;
  clear(): void;
}

/** One timer that looks again when it is early, instead of a new one an event. */
function startSilence({ clock, silenceMs }: WatchOnceOptions, caller: AbortSignal): Silence {
  const controller = new AbortController();
  let heardAtMs = clock.nowMs();
  let cancel = (): void => {};
  const look = (): void => {
    const leftMs = heardAtMs + silenceMs - clock.nowMs();
    if (leftMs > 0) cancel = clock.after(leftMs, look);
    else controller.abort(new Error(`the watch was silent for ${silenceMs} ms`));
  };
  const abort = (): void => controller.abort(caller.reason);
  caller.addEventListener('abort', abort, { once: true });
  if (caller.aborted) abort();
  look();
  return {
    signal: controller.signal,
    broken() {
      heardAtMs = clock.nowMs();
    },
    clear() {
      cancel();
      caller.removeEventListener('abort', abort);
    },
  };
}
