import type { OpenStream } from './streams.ts';

const MESSAGE_MS = 200;
const ECHO_MS = 15_000;

/** A WebSocket for as long as the run: a numbered message every 200 ms must come back. It breaks when it closes or one stays out. */
export function webSocket(target: URL): OpenStream {
  const url = new URL(target);
  url.protocol = 'ws:';
  return async (piece, signal) => {
    const socket = new WebSocket(url);
    const { promise: broken, reject } = Promise.withResolvers<never>();
    broken.catch(() => {});
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    socket.onclose = ({ code, reason }) => reject(new Error(`closed with ${code} ${reason}`));
    socket.onerror = () => reject(new Error('could not connect, or broke'));
    try {
      await Promise.race([
        broken,
        new Promise((resolve) => {
          socket.onopen = resolve;
        }),
      ]);
      await Promise.race([broken, converse(socket, piece, signal)]);
    } finally {
      socket.onclose = null;
      socket.close();
    }
  };
}

async function converse(socket: WebSocket, piece: (count: number) => void, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  let [sent, received, heardAt] = [0, 0, performance.now()];
  socket.onmessage = ({ data }) => {
    if (data !== `${received}`) reject(new Error(`message ${data} instead of ${received}`));
    received += 1;
    heardAt = performance.now();
    piece(1);
  };
  const timer = setInterval(() => {
    if (performance.now() - heardAt > ECHO_MS) reject(new Error(`no echo of message ${received}`));
    socket.send(`${sent}`);
    sent += 1;
  }, MESSAGE_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  await promise.finally(() => clearInterval(timer));
}
