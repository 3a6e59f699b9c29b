import { Agent } from 'undici';
import type { PodAnswer } from './acknowledgement.ts';
import { readPodReport } from './podReport.ts';

const TIMEOUT_MS = 1_000;
/** A report lists 100 rules and 100 problems at most. */
const LIMIT_BYTES = 1_048_576;

/** Asks gateways what they serve, over kept-alive connections, one a pod. */
export class PodClient {
  readonly #port: number;
  readonly #agent = new Agent({
    connections: 1,
    connect: { timeout: TIMEOUT_MS },
    keepAliveTimeout: 10_000,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: LIMIT_BYTES,
  });

  /** `port` is the status port, the same on each pod. */
  constructor(port: number) {
    this.#port = port;
  }

  /** Answers within about a second. Never rejects. */
  readonly ask = async (address: string, signal: AbortSignal): Promise<PodAnswer> => {
    const host = address.includes(':') ? `[${address}]` : address;
    try {
      const { statusCode, body } = await this.#agent.request({
        origin: `http://${host}:${this.#port}`,
        path: '/revision',
        method: 'GET',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      const report = readPodReport(await body.json());
      if (statusCode === 200 && report !== undefined) return { outcome: 'Answered', report };
      return { outcome: 'Unreachable', why: `its status port answers ${statusCode}` };
    } catch (error) {
      return { outcome: 'Unreachable', why: whyOf(error) };
    }
  };

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

/** A code says the same each time; messages name ports and times. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection failed';
  if (error.name === 'TimeoutError') return 'no answer within a second';
  const { code } = error as NodeJS.ErrnoException;
  return code ?? error.name;
}
