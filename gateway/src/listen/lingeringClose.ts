import type { Socket } from 'node:net';

const LINGER_MS = 2_000;
const LINGER_BYTES = 4 * 1024 * 1024;

/**
 * Makes the end of `socket` linger: after our last byte the write side closes, what the client still sends is read and dropped for at
 * most 2 s or 4 MiB, then the connection goes. Closing at once with unread bytes makes the kernel send a reset, which can reach the client
 * before the answer does (RFC 9112 9.6).
 */
export function lingerOnClose(socket: Socket): void {
  let lingering = false;
  socket.destroySoon = () => {
    if (lingering) return;
    lingering = true;
    socket.end();
    drop(socket);
  };
}

function drop(socket: Socket): void {
  const readAtStart = socket.bytesRead;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  // node:http's own listener would go on parsing, and fails an assertion where it has paused the connection.
  socket.removeAllListeners('data');
  socket.on('data', () => {
    if (socket.bytesRead - readAtStart > LINGER_BYTES) socket.destroy();
  });
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
}
