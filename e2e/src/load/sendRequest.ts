import { createHash } from 'node:crypto';
import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { idHeader } from '../requestId.ts';

/** One request of the load. */
export interface LoadRequest {
  readonly id: string;
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Who the upstream must be told asks; empty: nobody in particular. */
  readonly identity: string;
  readonly refusals: readonly number[];
  /** Undefined: a connection of its own. */
  readonly agent: Agent | undefined;
}

/** Answered completely and correctly by `pod`, refused as may be, or lost: in the words of the first thing that went wrong. */
export type Outcome =
  | { readonly state: 'answered'; readonly pod: string; readonly version: string }
  | { readonly state: 'refused' | 'lost'; readonly reason: string };

interface Echo {
  readonly id: string;
  readonly method: string;
  readonly sha256: string;
  readonly identity: string;
  readonly pod: string;
  readonly version: string;
}

/** Never rejects. A refused connection is lost as much as an answer that breaks off, is another request's, or does not come in time. */
export async function sendRequest(target: URL, load: LoadRequest, timeoutMs: number): Promise<Outcome> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await exchange(target, load, signal);
    if (response.statusCode !== 200) {
      response.resume();
      return { state: isRefusal(response, load) ? 'refused' : 'lost', reason: `status ${response.statusCode}` };
    }
    return judge((await json(response)) as Echo, load);
  } catch (error) {
    return lost(signal.aborted ? 'no whole answer in time' : describe(error));
  }
}

function isRefusal({ statusCode = 0 }: IncomingMessage, { refusals }: LoadRequest): boolean {
  return refusals.includes(statusCode);
}

function exchange(
  target: URL,
  { id, body, headers, agent }: LoadRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpRequest(target, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, [idHeader]: id, ...(body === undefined ? {} : { 'content-type': 'text/plain' }) },
    agent: agent ?? false,
    signal,
  });
  request.on('response', resolve);
  request.on('error', reject);
  request.end(body);
  return promise;
}

function judge(echo: Echo, { id, body, identity }: LoadRequest): Outcome {
  if (echo.id !== id) return lost(`the answer of another request: ${echo.id}`);
  if (identity !== '' && echo.identity !== identity) return lost(`arrived as of ${echo.identity || 'nobody'}`);
  if (echo.method !== (body === undefined ? 'GET' : 'POST')) return lost(`arrived as ${echo.method}`);
  if (
    echo.sha256 !==
    createHash('sha256')
      .update(body ?? '')
      .digest('hex')
  )
    return lost('arrived with another body');
  return { state: 'answered', pod: echo.pod, version: echo.version };
}

function lost(reason: string): Outcome {
  return { state: 'lost', reason };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.message : `${code}: ${error.message}`;
}
