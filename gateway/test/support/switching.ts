import type { Socket } from 'node:net';
import type { UpstreamScript } from './rawUpstream.ts';

/** A request to switch to WebSocket. */
export const UPGRADE: string =
  'GET /chat HTTP/1.1\r\nHost: shop\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: abc\r\n\r\n';
/** The answer of a backend that does. */
export const SWITCH: string =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: def\r\n\r\n';

/** A backend that switches, with `early` bytes behind its 101, and then does `speak`. */
export function switching(speak: (socket: Socket) => void = () => {}, early = ''): UpstreamScript {
  return {
    allowHalfOpen: true,
    onRequest: ({ socket }) => {
      socket.emit('tunnel');
      speak(socket);
      socket.write(SWITCH + early);
    },
  };
}

/** Sends back what comes. */
export function echo(socket: Socket): void {
  socket.on('data', (chunk) => socket.write(chunk));
}
