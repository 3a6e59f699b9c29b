/** What wrk reports of one run. */
export interface WrkResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: WrkErrors;
}

export interface WrkErrors {
  readonly connect: number;
  readonly read: number;
  readonly write: number;
  readonly timeout: number;
  /** Answers with a status of 400 or above. */
  readonly status: number;
}

const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };

/** Reads what `wrk --latency` (4.1 or 4.2) prints. Throws an Error that names what is missing. */
export function parseWrkOutput(text: string): WrkResult {
  return {
    requests: readNumber(text, /^\s*([0-9]+) requests in /m, 'the count of requests'),
    requestsPerSecond: readNumber(text, /^Requests\/sec:\s+([0-9.]+)$/m, 'Requests/sec'),
    p50Ms: readLatency(text, 50),
    p99Ms: readLatency(text, 99),
    errors: readErrors(text),
  };
}

export function countErrors(errors: WrkErrors): number {
  return errors.connect + errors.read + errors.write + errors.timeout + errors.status;
}

/** The errors that happened, as words: `read 3, status 12`. Empty without any. */
export function describeErrors(errors: WrkErrors): string {
  const happened = Object.entries(errors).filter(([, count]) => count > 0);
  return happened.map(([kind, count]) => `${kind} ${count}`).join(', ');
}

/** wrk pads the units of one letter with a space. */
function readLatency(text: string, percentile: number): number {
  const line = new RegExp(`^\\s+${percentile}%\\s+([0-9.]+)(us|ms|s|m) *$`, 'm').exec(text);
  const unitMs = UNIT_MS[line?.[2] ?? ''];
  if (line === null || unitMs === undefined) throw missing(`the ${percentile}% latency`, text);
  return Number(line[1]) * unitMs;
}

/** wrk prints either line only when something went wrong. */
function readErrors(text: string): WrkErrors {
  const socket = /Socket errors: connect ([0-9]+), read ([0-9]+), write ([0-9]+), timeout ([0-9]+)/.exec(text);
  const status = /Non-2xx or 3xx responses: ([0-9]+)/.exec(text);
  return {
    connect: Number(socket?.[1] ?? 0),
    read: Number(socket?.[2] ?? 0),
    write: Number(socket?.[3] ?? 0),
    timeout: Number(socket?.[4] ?? 0),
    status: Number(status?.[1] ?? 0),
  };
}

function readNumber(text: string, pattern: RegExp, what: string): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw missing(what, text);
  return Number(found);
}

function missing(what: string, text: string): Error {
  return new Error(`wrk printed no line with ${what}: ${text.slice(0, 500)}`);
}
