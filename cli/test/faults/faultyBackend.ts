/*
 * A backend for tests of failures, run as a process of its own: its parent tells it by messages how to behave, and asks what it saw.
 * `node faultyBackend.ts NAME`; sends its port once it listens.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How requests are answered; what is not said stays as it is. */
export interface Behaviour {
  /** Of a hundred requests so many are answered 503. */
  readonly failPercent?: number;
  /** Each answer comes so much later. */
  readonly delayMs?: number;
  /** Requests are worked on one after the other, each for so long. */
  readonly serialMs?: number;
  /** What was counted so far is forgotten. */
  readonly reset?: boolean;
}

/** What came so far. */
export interface Seen {
  readonly requests: number;
  /** How often each POST came, by its id. */
  readonly posted: Readonly<Record<string, number>>;
}

const [name = 'faulty'] = process.argv.slice(2);
const behaviour = { failPercent: 0, delayMs: 0, serialMs: 0 };
let requests = 0;
let freeAt = 0;
let posted: Record<string, number> = {};

const server = createServer((request, response) => {
  const id = String(request.headers['x-load-id'] ?? '');
  const number = requests++;
  if (request.method === 'POST') posted[id] = (posted[id] ?? 0) + 1;
  request.resume();
  request.on('end', () => {
    const waitMs = behaviour.delayMs + turnMs();
    const answer = (): void => respond(response, id, number);
    if (waitMs > 0) setTimeout(answer, waitMs);
    else answer();
  });
});

/** How long until this request's turn is over, where they are worked on one after the other. */
function turnMs(): number {
  const { serialMs } = behaviour;
  if (serialMs === 0) return 0;
  const now = performance.now();
  freeAt = Math.max(freeAt, now) + serialMs;
  return freeAt - now;
}

function respond(response: ServerResponse, id: string, number: number): void {
  const fails =
    Math.floor(((number + 1) * behaviour.failPercent) / 100) > Math.floor((number * behaviour.failPercent) / 100);
  response.writeHead(fails ? 503 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ name, id }));
}

process.on('message', (message: Behaviour | 'seen') => {
  if (message === 'seen') {
    process.send?.({ requests, posted } satisfies Seen);
    return;
  }
  const { reset, ...changes } = message;
  Object.assign(behaviour, changes);
  if (reset !== true) return;
  requests = 0;
  posted = {};
});
process.on('disconnect', () => process.exit(0));
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
