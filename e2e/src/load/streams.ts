/** What became of streams of one kind, one after the other over a run. */
export interface StreamResult {
  /** Ended as they should, or still whole when the run ended. */
  readonly whole: number;
  readonly broken: number;
  /** Pieces that came: bytes, messages or events. */
  readonly pieces: number;
  /** What broke the first few. */
  readonly reasons: readonly string[];
}

/** Resolves when the stream ended whole; rejects with what broke it. Calls `piece` with how much came. */
export type OpenStream = (piece: (count: number) => void, signal: AbortSignal) => Promise<void>;

const MAX_REASONS = 20;
const MAX_STREAMS = 10_000;

/** Opens one stream after the other until the signal; one that the signal ends counts as whole if it was not broken by then. */
export async function keepStreaming(open: OpenStream, signal: AbortSignal): Promise<StreamResult> {
  const reasons: string[] = [];
  const start = performance.now();
  let [whole, broken, pieces] = [0, 0, 0];
  while (!signal.aborted && whole + broken < MAX_STREAMS) {
    try {
      await open((count) => {
        pieces += count;
      }, signal);
      whole += 1;
    } catch (error) {
      if (signal.aborted) {
        whole += 1;
        break;
      }
      broken += 1;
      const at = ((performance.now() - start) / 1_000).toFixed(1);
      if (reasons.length < MAX_REASONS)
        reasons.push(`after ${at} s: ${error instanceof Error ? error.message : error}`);
      await pause(signal);
    }
  }
  return { whole, broken, pieces, reasons };
}

/** So that a target that refuses each one is not asked without pause. */
function pause(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, 100);
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}
