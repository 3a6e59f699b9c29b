import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Joins an upgraded connection with the backend's, both ways with backpressure. Either side may end alone; where one breaks, the other
 * is reset. It lasts until both have ended, over any number of reloads; `onClosed` hears of that.
 */
export function openTunnel(client: Duplex, backend: Duplex, onClosed: () => void): void {
  let open = 2;
  const onSideClosed = (): void => {
    if (--open === 0) onClosed();
  };
  join(client, backend, onSideClosed);
  join(backend, client, onSideClosed);
}

function join(from: Duplex, to: Duplex, onClosed: () => void): void {
  from.allowHalfOpen = true;
  // What broke shows in how it closed; an error that nobody listens to would end the process.
  from.on('error', () => {});
  from.once('close', () => {
    if (!from.readableEnded || !from.writableFinished) reset(to);
    onClosed();
  });
  from.pipe(to);
}

function reset(side: Duplex): void {
  if (side instanceof Socket) side.resetAndDestroy();
  else side.destroy();
}
