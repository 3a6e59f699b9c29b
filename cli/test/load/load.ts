import { Agent, request as httpRequest } from 'node:http';

export interface LoadOptions {
  readonly port: number;
  readonly host: string;
  /** Requests a second, started on time whether or not earlier ones have been answered (open loop). */
  readonly ratePerSecond: number;
  readonly paths: readonly string[];
  /** GET and POST by turns unless given. */
  readonly methods?: readonly string[];
  /** Whether an answer is the right one. */
  readonly correct: (status: number, body: string, id: string) => boolean;
}

export interface LoadResult {
  readonly sent: number;
  /** One line a lost request: no complete correct answer came, a refused connection included. */
  readonly lost: readonly string[];
  /** Of answered requests in milliseconds, ascending. */
  readonly latenciesMs: readonly number[];
  /** Ids of POSTs that were answered. */
  readonly acknowledgedPosts: readonly string[];
}

const TICK_MS = 10;
const TIMEOUT_MS = 20_000;
const MAX_OPEN = 2_000;

let loads = 0;

/**
 * Constant load on one port: GETs and POSTs in turn, half of them on kept connections and half on fresh ones. Bounded: it refuses to have
 * more than 2,000 requests open, and counts those that it did not send for that as lost.
 */
export class Load {
  readonly #options: LoadOptions;
  readonly #kept = new Agent({ keepAlive: true, maxSockets: 32 });
  readonly #fresh = new Agent({ keepAlive: false });
  readonly #lost: string[] = [];
  readonly #latencies: number[] = [];
  readonly #acknowledged: string[] = [];
  readonly #open = new Set<Promise<void>>();
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #name = `${process.pid}-${++loads}`;
  #sent = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#catchUp(), TICK_MS);
  }

  /** Ends the load; resolves when every request has ended. */
  async stop(): Promise<LoadResult> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    this.#kept.destroy();
    this.#fresh.destroy();
    return {
      sent: this.#sent,
      lost: this.#lost,
      latenciesMs: this.#latencies.toSorted((a, b) => a - b),
      acknowledgedPosts: this.#acknowledged,
    };
  }

  #catchUp(): void {
    const due = ((performance.now() - this.#startedAt) / 1000) * this.#options.ratePerSecond;
    while (this.#sent < due) this.#start();
  }

  #start(): void {
    const number = this.#sent++;
    if (this.#open.size >= MAX_OPEN) {
      this.#lost.push(`request ${number} was not sent: ${MAX_OPEN} are open`);
      return;
    }
    const sending = this.#send(number).finally(() => this.#open.delete(sending));
    this.#open.add(sending);
  }

  async #send(number: number): Promise<void> {
    const { paths, correct, methods = ['GET', 'POST'] } = this.#options;
    const path = paths[number % paths.length] as string;
    const method = methods[(number >> 1) % methods.length] as string;
    const id = `${this.#name}-${number}`;
    const startedAt = performance.now();
    try {
      const { status, body } = await this.#exchange(method, path, id, number % 2 === 0 ? this.#kept : this.#fresh);
      if (!correct(status, body, id)) throw new Error(`${status} ${body.slice(0, 120)}`);
      this.#latencies.push(performance.now() - startedAt);
      if (method === 'POST') this.#acknowledged.push(id);
    } catch (error) {
      const at = ((startedAt - this.#startedAt) / 1000).toFixed(3);
      this.#lost.push(`${method} ${path} at ${at} s: ${(error as Error).message}`);
    }
  }

  #exchange(method: string, path: string, id: string, agent: Agent): Promise<{ status: number; body: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
    const { host, port } = this.#options;
    const headers = { host, 'x-load-id': id };
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent, timeout: TIMEOUT_MS });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    request.on('error', reject);
    request.on('response', (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.complete) resolve({ status: response.statusCode ?? 0, body });
        else reject(new Error('the answer broke off'));
      });
    });
    request.end(method === 'POST' ? `body of ${id}` : undefined);
    return promise;
  }
}

/** The value below which `share` (0 to 1) of the ascending `values` lie. */
export function quantile(values: readonly number[], share: number): number {
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
}
