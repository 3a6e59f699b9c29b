import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { patternBytes } from '../pattern.ts';
import { identityHeader, idHeader } from '../requestId.ts';

const TICK_MS = 100;
const MAX_SECONDS = 300;
const MAX_CHUNK_BYTES = 64 * 1024;

/** Who answers: what the client is told of the pod behind the gateway. */
export interface Origin {
  readonly pod: string;
  readonly version: string;
}

/** Ends the answer; `query` are the parameters of the request's target. */
export type Answer = (exchange: UpstreamExchange) => Promise<void>;

export interface UpstreamExchange {
  readonly origin: Origin;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Whether the upstream takes its leave: then the answer says `Connection: close`. */
  readonly isLeaving: () => boolean;
}

/** What `?do=` may ask for; without it the request is told back. */
export const answers: Readonly<Record<string, Answer>> = { echo, slow, status, download, events };

/** Tells the request back, so that the client knows the answer is its own and whole. */
async function echo({ origin, request, response, isLeaving }: UpstreamExchange): Promise<void> {
  const body = await buffer(request);
  const sha256 = createHash('sha256').update(body).digest('hex');
  const id = request.headers[idHeader] ?? '';
  const { method, url } = request;
  const identity = request.headers[identityHeader] ?? '';
  if (isLeaving()) response.setHeader('connection', 'close');
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ ...origin, id, method, url, identity, bytes: body.length, sha256 }));
}

/** `?do=slow&ms=N`: the same, after N milliseconds. */
async function slow(exchange: UpstreamExchange): Promise<void> {
  await delay(Math.min(numberOf(exchange.query, 'ms'), MAX_SECONDS * 1_000));
  await echo(exchange);
}

/** `?do=status&code=N`. */
async function status(exchange: UpstreamExchange): Promise<void> {
  exchange.response.statusCode = numberOf(exchange.query, 'code');
  await echo(exchange);
}

/** `?do=download&seconds=S&bytes=B`: B bytes of the pattern, spread over S seconds. */
async function download({ query, response }: UpstreamExchange): Promise<void> {
  const bytes = numberOf(query, 'bytes');
  const ticks = Math.max(1, (Math.min(numberOf(query, 'seconds'), MAX_SECONDS) * 1_000) / TICK_MS);
  const chunk = Math.min(MAX_CHUNK_BYTES, Math.ceil(bytes / ticks));
  response.setHeader('content-length', bytes);
  for (let sent = 0; sent < bytes && !response.destroyed; sent += chunk) {
    response.write(patternBytes(sent, Math.min(chunk, bytes - sent)));
    await delay(TICK_MS);
  }
  response.end();
}

/** `?do=events&seconds=S`: an event stream with a number every 100 ms, and `event: end` last. */
async function events({ query, response }: UpstreamExchange): Promise<void> {
  const ticks = (Math.min(numberOf(query, 'seconds'), MAX_SECONDS) * 1_000) / TICK_MS;
  response.setHeader('content-type', 'text/event-stream');
  for (let number = 0; number < ticks && !response.destroyed; number += 1) {
    response.write(`data: ${number}\n\n`);
    await delay(TICK_MS);
  }
  response.end('event: end\ndata:\n\n');
}

function numberOf(query: URLSearchParams, name: string): number {
  const value = Number(query.get(name) ?? Number.NaN);
  if (!Number.isFinite(value) || value < 0) throw new Error(`?${name}= must be a number`);
  return value;
}
