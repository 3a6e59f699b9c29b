import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

const TIMEOUT_MS = 5_000;

/** Where requests go: a pod by its address, or a Service. */
export interface ProbeTarget {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** What is asked, always the same. */
export interface Question {
  readonly host: string;
  readonly path: string;
}

/** An answer, or `status` 0 where none came. */
export interface ProbeAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** When it was whole: `performance.now()`. */
  readonly atMs: number;
}

/** What an answer must be; what is not given may be anything. */
export interface Expectation {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks one target, over one kept-alive connection while one question at a time is asked. */
export class Probe {
  readonly target: ProbeTarget;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(target: ProbeTarget) {
    this.target = target;
  }

  /** Never rejects. */
  async ask(question: Question): Promise<ProbeAnswer> {
    try {
      const response = await this.#send(question);
      const body = await text(response);
      const headers = response.headers as Record<string, string>;
      return { status: response.statusCode ?? 0, body, headers, atMs: performance.now() };
    } catch (error) {
      return {
        status: 0,
        body: error instanceof Error ? error.message : `${error}`,
        headers: {},
        atMs: performance.now(),
      };
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send({ host, path }: Question): Promise<IncomingMessage> {
    const { address, port } = this.target;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const request = httpRequest({ host: address, port, path, headers: { host }, agent: this.#agent, signal });
    request.on('response', resolve);
    request.on('error', reject);
    request.end();
    return promise;
  }
}

export function meets(answer: ProbeAnswer, { status, body, headers = {} }: Expectation): boolean {
  if (status !== undefined && answer.status !== status) return false;
  if (body !== undefined && answer.body !== body) return false;
  return Object.entries(headers).every(([name, value]) => answer.headers[name] === value);
}
