import type { Socket } from 'node:net';

/**
 * Destroys a connection that nobody reads once the client ends it with nothing unread before. The bytes stay where they are. Returns
 * how to stop watching, which must be done before someone reads.
 */
export function destroyWhenLeft(socket: Socket): () => void {
  const look = (): void => {
    // Asking for more where there is nothing is what makes a stream tell its end.
    if (socket.readableLength === 0) socket.read();
  };
  const leave = (): void => {
    socket.destroy();
  };
  socket.on('readable', look);
  socket.on('end', leave);
  return () => {
    socket.off('readable', look);
    socket.off('end', leave);
  };
}
