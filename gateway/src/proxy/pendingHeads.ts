/** Something that holds a response's head back for a moment. */
export interface PendingHead {
  /** Sends the head now, unless it has gone out meanwhile. */
  flush(): void;
}

let pending: PendingHead[] = [];

/**
 * Has `head` flushed once the bytes that came with it have been parsed. Most responses' bodies, or their beginnings, come in the same
 * read as the head, and then both go out in one write; a head that came alone (an event stream's) must not wait for more.
 */
export function flushSoon(head: PendingHead): void {
  if (pending.push(head) === 1) queueMicrotask(flushAll);
}

function flushAll(): void {
  const heads = pending;
  pending = [];
  for (const head of heads) head.flush();
}
