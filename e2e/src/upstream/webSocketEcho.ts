import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** What RFC 6455, section 1.3, appends to the client's key. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const MAX_PAYLOAD = 125;
const CLOSE = 0x8;

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** How many bytes it took, head included. */
  readonly size: number;
}

/** Accepts a WebSocket and sends each frame back. Frames have at most 125 bytes; the connection ends at a longer one. */
export function echoWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1').update(`${key}${ACCEPT_SUFFIX}`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
  );
  let waiting = head;
  socket.on('error', () => socket.destroy());
  socket.on('data', (data: Buffer) => {
    waiting = Buffer.concat([waiting, data]);
    for (let frame = readFrame(waiting); frame !== undefined; frame = readFrame(waiting)) {
      waiting = waiting.subarray(frame.size);
      socket.write(Buffer.concat([Buffer.from([0x80 | frame.opcode, frame.payload.length]), frame.payload]));
      if (frame.opcode === CLOSE) socket.end();
    }
    if (waiting.length > MAX_PAYLOAD + 6) socket.destroy();
  });
}

/** A whole, masked, short frame at the beginning of `bytes`; undefined while it is not all there. */
function readFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 6) return undefined;
  const length = bytes.readUInt8(1) & 0x7f;
  const size = 6 + length;
  if (length > MAX_PAYLOAD || bytes.length < size) return undefined;
  const mask = bytes.subarray(2, 6);
  const payload = Buffer.from(bytes.subarray(6, size).map((byte, index) => byte ^ (mask[index % 4] as number)));
  return { opcode: bytes.readUInt8(0) & 0x0f, payload, size };
}
