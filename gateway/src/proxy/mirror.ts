import type { Mirror } from '../policy/filters.ts';
import { Attempt, type AttemptListener, type UpstreamRequest } from '../upstream/attempt.ts';
import type { Backend } from '../upstream/backend.ts';
import type { UpstreamEndpoint } from '../upstream/endpoint.ts';
import type { DeadlineEntry } from './deadlines.ts';
import type { Gateway } from './gateway.ts';

/** A body beyond this is not mirrored: the copy is kept in memory until it is complete. */
const MAX_BODY_BYTES = 262_144;
/** Copies under way in this process; further ones are left out. */
const MAX_IN_FLIGHT = 1_000;
const TIMEOUT_MS = 15_000;
const NONE_TRIED: readonly UpstreamEndpoint[] = [];

/** A request whose body is being copied for mirrors. */
export interface Mirroring {
  add(chunk: Buffer): void;
  /** The request is over: sends the copies, once, if its body came whole. A part of one would be another request. */
  end(isWhole: boolean): void;
}

/** Sends copies of a request to the mirrors whose share it falls into. Their answers are dropped, and their failures harm nobody. */
export function startMirrors(
  gateway: Gateway,
  mirrors: readonly Mirror[],
  request: UpstreamRequest,
): Mirroring | undefined {
  const backends = mirrors
    .filter(({ percent }) => Math.random() * 100 < percent)
    .map(({ backend }) => gateway.backends.get(backend));
  if (backends.length === 0 || request.upgrade !== undefined) return undefined;
  return new BodyCopy(gateway, backends, request);
}

class BodyCopy implements Mirroring {
  readonly #gateway: Gateway;
  readonly #backends: readonly Backend[];
  readonly #request: UpstreamRequest;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #ended = false;

  constructor(gateway: Gateway, backends: readonly Backend[], request: UpstreamRequest) {
    this.#gateway = gateway;
    this.#backends = backends;
    this.#request = request;
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= MAX_BODY_BYTES) this.#chunks.push(chunk);
    else this.#chunks.length = 0;
  }

  end(isWhole: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    if (isWhole) for (const backend of this.#backends) this.#send(backend);
    else this.#gateway.counters.mirrorsDropped += this.#backends.length;
  }

  #send(backend: Backend): void {
    const { counters } = this.#gateway;
    // A copy takes nobody's trial, and a backend that is left alone is left alone by copies, too.
    const isClosed = backend.breaker === undefined || backend.breaker.state === 'Closed';
    const endpoint = isClosed ? backend.pick(performance.now(), 0, NONE_TRIED) : undefined;
    if (endpoint === undefined || counters.mirrorsInFlight >= MAX_IN_FLIGHT || this.#bytes > MAX_BODY_BYTES) {
      counters.mirrorsDropped++;
      return;
    }
    counters.mirrorsInFlight++;
    const body = this.#bytes > 0 ? Buffer.concat(this.#chunks) : undefined;
    const copy = new Copy(this.#gateway);
    copy.start(new Attempt(endpoint, copy, () => performance.now()), { ...this.#request, body });
  }
}

/** One copy under way: hears everything, keeps nothing. */
class Copy implements AttemptListener, DeadlineEntry {
  readonly #gateway: Gateway;
  #attempt: Attempt | undefined;
  deadlineAt = 0;
  nextEntry: DeadlineEntry | undefined;
  previousEntry: DeadlineEntry | undefined;
  slot = -1;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  start(attempt: Attempt, request: UpstreamRequest): void {
    this.#attempt = attempt;
    this.deadlineAt = performance.now() + TIMEOUT_MS;
    this.#gateway.deadlines.arm(this);
    attempt.send(request, performance.now());
  }

  onInform(): void {}
  onHead(): void {}
  onData(): void {}
  onQuiet(): void {}

  onUpgrade(): void {
    this.#end();
  }

  onEnd(): void {
    this.#end();
  }

  onFailed(): void {
    this.#end();
  }

  onDeadline(): void {
    this.#attempt?.abort();
    this.#end();
  }

  #end(): void {
    if (this.#attempt === undefined) return;
    this.#attempt = undefined;
    this.#gateway.counters.mirrorsInFlight--;
    this.#gateway.deadlines.disarm(this);
  }
}
