import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

const account = '/var/run/secrets/kubernetes.io/serviceaccount';
const TIMEOUT_MS = 30_000;

/** One request to the API server. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** JSON unless said otherwise; a patch says which kind it is. */
  readonly contentType?: string;
}

/** The API server, as the pod's own account may use it. */
export class ApiClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16, ca: readFileSync(`${account}/ca.crt`) });
  readonly #token = readFileSync(`${account}/token`, 'utf8');
  readonly #server: string;

  constructor(server: string = 'https://kubernetes.default.svc') {
    this.#server = server;
  }

  /** Resolves with the parsed answer; rejects with what the server said when it refuses. */
  async call<T>(call: ApiCall): Promise<T> {
    const response = await this.#send(call, AbortSignal.timeout(TIMEOUT_MS));
    const answer = await text(response);
    const status = response.statusCode ?? 0;
    if (status >= 300) throw new Error(`${call.method} ${call.path} answered ${status}: ${answer.slice(0, 500)}`);
    return JSON.parse(answer) as T;
  }

  /** The lines of a watch, parsed, until it ends or the signal comes. */
  async *watch<T>(path: string, signal: AbortSignal): AsyncGenerator<T> {
    const response = await this.#send({ method: 'GET', path }, signal);
    if (response.statusCode !== 200) throw new Error(`GET ${path} answered ${response.statusCode}`);
    for await (const line of createInterface({ input: response })) yield JSON.parse(line) as T;
  }

  #send(
    { method, path, body, contentType = 'application/json' }: ApiCall,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers = { authorization: `Bearer ${this.#token}`, accept: 'application/json', 'content-type': contentType };
    const request = httpsRequest(new URL(path, this.#server), { method, headers, agent: this.#agent, signal });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }
}
