import type { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { formatId } from '../requestId.ts';
import { download } from './download.ts';
import { eventStream } from './eventStream.ts';
import { KeptConnections } from './keptConnections.ts';
import type { LoadOptions } from './loadOptions.ts';
import { openLoop } from './openLoop.ts';
import { type LoadRequest, type Outcome, sendRequest } from './sendRequest.ts';
import { keepStreaming, type OpenStream, type StreamResult } from './streams.ts';
import { type RequestCounts, type RequestResult, Tally } from './tally.ts';
import { webSocket } from './webSocket.ts';

const MAX_UNDER_WAY = 5_000;
const BODY_BYTES = 512;
const TURNS = 5;
const EVENT_SECONDS = 20;

export type StreamName = 'download' | 'webSocket' | 'eventStream';

/** Everything a run found out. */
export interface LoadResult extends RequestResult {
  readonly run: string;
  /** In milliseconds since the epoch, of the client's clock. */
  readonly startedAt: number;
  readonly seconds: number;
  readonly streams: Readonly<Partial<Record<StreamName, StreamResult>>>;
}

/**
 * Sends requests at a constant rate, and streams beside them, until the time is over or the signal comes; then waits for what is under way.
 * `progress` is called twice a second.
 */
export async function runLoad(
  options: LoadOptions,
  signal: AbortSignal,
  progress: (counts: RequestCounts) => void,
): Promise<LoadResult> {
  const [start, startedAt] = [performance.now(), Date.now()];
  const tally = new Tally();
  const loop = new AbortController();
  const target = new URL(options.target);
  const timer = setInterval(() => progress(tally.counts), 500);
  const streams = openStreams(options, target).map(async ([name, open]) => {
    return [name, await keepStreaming(open, loop.signal)] as const;
  });
  await sendRequests(options, target, tally, signal);
  clearInterval(timer);
  loop.abort();
  return {
    run: options.run,
    startedAt,
    seconds: Math.round((performance.now() - start) / 100) / 10,
    ...tally.result(),
    streams: Object.fromEntries(await Promise.all(streams)),
  };
}

function openStreams(options: LoadOptions, target: URL): readonly (readonly [StreamName, OpenStream])[] {
  const { downloadSeconds } = options;
  return [
    ...(downloadSeconds > 0 ? [['download', download(target, downloadSeconds)] as const] : []),
    ...(options.webSocket ? [['webSocket', webSocket(target)] as const] : []),
    ...(options.eventStream ? [['eventStream', eventStream(target, EVENT_SECONDS)] as const] : []),
  ];
}

/** Resolves when all that were sent have ended. */
async function sendRequests(options: LoadOptions, target: URL, tally: Tally, signal: AbortSignal): Promise<void> {
  const { ratePerSecond, seconds, connections } = options;
  const kept = new KeptConnections(connections);
  const start = performance.now();
  const underWay = new Set<Promise<void>>();
  const fire = (number: number, dueAt: number): void => {
    if (underWay.size >= MAX_UNDER_WAY) return tally.notSent();
    const sent = sendOne({ options, target, kept, tally, number, dueAt, atMs: dueAt - start });
    underWay.add(sent);
    void sent.finally(() => underWay.delete(sent));
  };
  await openLoop(ratePerSecond, seconds, fire, signal);
  await Promise.all(underWay);
  kept.close();
}

interface DueRequest {
  readonly options: LoadOptions;
  readonly target: URL;
  readonly kept: KeptConnections;
  readonly tally: Tally;
  readonly number: number;
  readonly dueAt: number;
  readonly atMs: number;
}

async function sendOne({ options, target, kept, tally, number, dueAt, atMs }: DueRequest): Promise<void> {
  const id = formatId({ run: options.run, number });
  const isPost = spread(number, 0, options.postPercent);
  const isFresh = spread(number, 1, options.freshPercent);
  const body = isPost ? `${id} `.repeat(Math.ceil(BODY_BYTES / id.length)) : undefined;
  const own = ownOf(options, number);
  const send = (agent?: Agent): Promise<Outcome> => sendRequest(target, { ...own, id, body, agent }, options.timeoutMs);
  tally.sent(number, isPost);
  let outcome = await (isFresh ? send() : kept.use(send));
  let retries = 0;
  for (; outcome.state === 'lost' && !isPost && retries < options.getRetries; retries += 1) {
    await delay(options.retryPauseMs);
    outcome = await send();
  }
  const kind = `${isFresh ? 'fresh' : 'kept'} ${isPost ? 'POST' : 'GET'}`;
  const tookMs = performance.now() - dueAt;
  tally.finished({ number, kind, isPost, atMs, tookMs, retried: retries > 0 }, outcome);
}

/** What of a request depends on its number beside its body. */
function ownOf(
  { headers, identity, refusals }: LoadOptions,
  number: number,
): Pick<LoadRequest, 'headers' | 'identity' | 'refusals'> {
  const fill = (text: string): string => text.replace('{number}', `${number}`).replace('{turn}', `${number % TURNS}`);
  const filled = Object.entries(headers).map(([name, value]) => [name, fill(value)] as const);
  return { headers: Object.fromEntries(filled), identity: fill(identity), refusals };
}

/** True for `percent` of a hundred neighbouring numbers, evenly spread; another `salt` chooses independently. */
function spread(number: number, salt: number, percent: number): boolean {
  const step = salt === 0 ? 37 : 61;
  return (number * step + Math.floor(number / 100) * salt * 17) % 100 < percent;
}
