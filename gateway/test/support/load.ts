import { Agent, get } from 'node:http';

/** What came of one request; status 0 where there was no complete answer. */
export interface Answered {
  readonly status: number;
  readonly tookMs: number;
  /** When it was complete, on the clock of `performance.now()`. */
  readonly at: number;
}

/** A client with kept connections. */
export class LoadClient implements Disposable {
  readonly #agent: Agent;

  constructor(connections = 64) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  get(port: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
    const startedAt = performance.now();
    const { promise, resolve } = Promise.withResolvers<Answered>();
    const end = (status: number): void => {
      const at = performance.now();
      resolve({ status, tookMs: at - startedAt, at });
    };
    const request = get({ host: '127.0.0.1', port, path, headers, agent: this.#agent, timeout: 15_000 }, (response) => {
      response.resume();
      response.once('end', () => end(response.statusCode ?? 0));
      response.once('error', () => end(0));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => end(0));
    return promise;
  }

  /** `total` requests, `concurrency` at a time. */
  async flood(total: number, concurrency: number, send: (index: number) => Promise<Answered>): Promise<Answered[]> {
    const answers: Answered[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < total) answers.push(await send(next++));
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return answers;
  }

  /** Requests one after another on each of `concurrency` connections, until `signal` aborts. */
  async until(signal: AbortSignal, concurrency: number, send: () => Promise<Answered>): Promise<Answered[]> {
    const answers: Answered[] = [];
    const work = async (): Promise<void> => {
      while (!signal.aborted) answers.push(await send());
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return answers;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

export function percentile(answers: readonly Answered[], share: number): number {
  const sorted = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export function countByStatus(answers: readonly Answered[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
