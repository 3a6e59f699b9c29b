/**
 * Makes a function that asks for `work` to be done: at once when none is under way, else once more when that has ended, however often
 * it was asked for meanwhile. So work never overlaps, and a burst costs two rounds at most. `work` must not reject.
 */
export function coalesced(work: () => Promise<void>): () => void {
  let isWorking = false;
  let isWanted = false;
  const run = async (): Promise<void> => {
    isWorking = true;
    while (isWanted) {
      isWanted = false;
      await work();
    }
    isWorking = false;
  };
  return () => {
    isWanted = true;
    if (!isWorking) void run();
  };
}
