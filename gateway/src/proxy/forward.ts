import type { Duplex, Readable } from 'node:stream';
import type { BodyObserver, ExchangeListener } from '../listen/exchange.ts';
import type { CompiledRule } from '../snapshot/snapshot.ts';
import {
  Attempt,
  type AttemptListener,
  type Failure,
  type ResponseFields,
  type UpstreamRequest,
} from '../upstream/attempt.ts';
import type { Backend } from '../upstream/backend.ts';
import type { UpstreamEndpoint } from '../upstream/endpoint.ts';
import { type DeadlineListener, ExchangeDeadline, type PassedDeadline } from './exchangeDeadline.ts';
import { forwardedHeaders } from './forwardedHeaders.ts';
import type { Gateway, UpstreamErrorKind } from './gateway.ts';
import { type Mirroring, startMirrors } from './mirror.ts';
import type { ProxiedRequest } from './proxiedRequest.ts';
import type { Reason } from './reasons.ts';
import { responseHeaders } from './responseHeaders.ts';
import { ResponseRelay } from './responseRelay.ts';
import { Retries, type Retry } from './retries.ts';
import { openTunnel } from './tunnel.ts';

/** What the access log says where the client left before an answer (nginx's code). */
const CLIENT_CLOSED = 499;

const KIND: Readonly<Record<Failure, UpstreamErrorKind>> = {
  Unsent: 'ConnectFailed',
  NoHead: 'NoHead',
  BodyBroken: 'BodyBroken',
  Refused: 'Refused',
};

/** The longest body that is kept in memory until it is complete. */
const SHORT_BODY_BYTES = 16_384;

/** What the client is told when there is no other try. */
const REASON: Readonly<Record<Failure, Reason>> = {
  Unsent: 'ConnectFailed',
  NoHead: 'UpstreamBroken',
  BodyBroken: 'UpstreamBroken',
  Refused: 'BadRequest',
};

/**
 * Sends a request to a backend and its response to the client: the attempts, their deadline, backpressure in both directions, and
 * the end of one side when the other goes.
 */
export class Forward implements ExchangeListener, AttemptListener, BodyObserver, DeadlineListener {
  readonly maxBodyBytes: number;
  readonly #gateway: Gateway;
  readonly #request: ProxiedRequest;
  readonly #rule: CompiledRule;
  readonly #backend: Backend;
  readonly #deadline: ExchangeDeadline;
  readonly #response: ResponseRelay;
  #headers: string[] = [];
  #path = '';
  /** The request's body as it comes. */
  #stream: Readable | undefined;
  /** What is sent of it: the same, or all of a short one. */
  #body: Readable | Buffer | undefined;
  #attempt: Attempt | undefined;
  /** There from the first failure on. */
  #retries: Retries | undefined;
  #mirroring: Mirroring | undefined;
  #done = false;

  constructor(gateway: Gateway, request: ProxiedRequest, rule: CompiledRule, backend: Backend, maxBodyBytes: number) {
    this.#gateway = gateway;
    this.#request = request;
    this.#rule = rule;
    this.#backend = backend;
    this.maxBodyBytes = maxBodyBytes;
    this.#deadline = new ExchangeDeadline(gateway.deadlines, rule, request.begunAt, this);
    this.#response = new ResponseRelay(request, rule.filters);
    request.backend = backend.id;
  }

  start(): void {
    const request = this.#request;
    const headers = forwardedHeaders(this.#gateway, request, this.#rule.filters);
    if (headers === undefined) return request.refuse('BadHeader');
    if (this.#backend.usable.length === 0) return request.refuse('NoEndpoints');
    const { filters } = this.#rule;
    this.#headers = headers;
    this.#path = filters.rewrite(request.match, request.path, request.query) ?? request.normalisedTarget;
    if (filters.mirrors.length > 0)
      this.#mirroring = startMirrors(this.#gateway, filters.mirrors, this.#upstreamRequest());
    request.exchange.listen(this);
    this.#stream = request.exchange.body(this);
    this.#body = this.#stream;
    if (this.#stream === undefined) this.#mirroring?.end(true);
    if (this.#stream !== undefined && isShort(request.exchange.bodyLength)) this.#sendWhole(this.#stream);
    else this.#send(request.begunAt);
  }

  onAborted(): void {
    if (this.#done) return;
    this.#request.aborted = true;
    if (this.#request.status === 0) this.#request.status = CLIENT_CLOSED;
    this.#giveUp(false);
    this.#finish();
  }

  onRequestBroken(): void {
    if (this.#done) return;
    this.#giveUp(false);
    this.#fail('BadRequest');
  }

  onDrain(): void {
    this.#deadline.progressed();
    this.#attempt?.resume();
  }

  onBodyData(chunk: Buffer): void {
    this.#request.requestBytes += chunk.length;
    this.#gateway.bodyGarbage.passed(chunk.length);
    this.#mirroring?.add(chunk);
    this.#deadline.progressed();
  }

  onBodyTooLarge(): void {
    this.#giveUp(false);
    this.#fail('BodyTooLarge');
  }

  onInform(status: number, fields: ResponseFields): void {
    this.#request.exchange.inform(status, responseHeaders(fields));
  }

  onHead(status: number, fields: ResponseFields): void {
    this.#request.firstByteMs = performance.now() - this.#request.begunAt;
    this.#response.begin(status, fields);
    this.#deadline.headReceived(isEventStream(fields));
  }

  onData(chunk: Buffer): void {
    this.#request.responseBytes += chunk.length;
    this.#gateway.bodyGarbage.passed(chunk.length);
    this.#deadline.progressed();
    if (!this.#response.data(chunk)) this.#attempt?.pause();
  }

  onQuiet(): void {
    this.#response.flush();
  }

  onEnd(trailers: ResponseFields): void {
    this.#attemptEnded(false);
    this.#response.end(trailers);
    this.#finish();
  }

  onUpgrade(status: number, fields: ResponseFields, socket: Duplex): void {
    const { exchange } = this.#request;
    const endpoint = (this.#attempt as Attempt).endpoint;
    this.#attemptEnded(false);
    const headers = this.#response.headersOf(fields);
    headers.push('connection', 'Upgrade', 'upgrade', String(fields['upgrade'] ?? exchange.upgradeProtocol));
    this.#request.status = status;
    openTunnel(exchange.upgrade(headers), socket, endpoint);
    this.#finish();
  }

  onFailed(failure: Failure): void {
    this.#gateway.counters.upstreamErrors.add(KIND[failure]);
    this.#attemptEnded(true);
    const next = this.#retry(failure);
    if (next !== undefined) {
      this.#gateway.counters.upstreamRetries++;
      this.#try(next.endpoint, now(), next.afresh);
    } else {
      this.#fail(REASON[failure]);
    }
  }

  #upstreamRequest(): UpstreamRequest {
    const { exchange } = this.#request;
    return {
      method: exchange.method,
      path: this.#path,
      headers: this.#headers,
      body: this.#body,
      upgrade: exchange.upgradeProtocol,
    };
  }

  /**
   * A short body is read before the backend hears of the request: it then goes out in one write, and a client that is slow to send it holds
   * no connection to the backend.
   */
  #sendWhole(stream: Readable): void {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (this.#done) return;
      this.#body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      this.#send(now());
    });
    this.#deadline.attemptStarted(this.#request.begunAt);
  }

  /** The first attempt. */
  #send(startedAt: number): void {
    const endpoint = this.#backend.pick(startedAt);
    if (endpoint === undefined) this.#fail('NoEndpoints');
    else this.#try(endpoint, startedAt);
  }

  #try(endpoint: UpstreamEndpoint, startedAt: number, afresh = false): void {
    this.#request.attempts++;
    this.#request.endpoint = endpoint.authority;
    this.#gateway.counters.backends.started(this.#backend.slot);
    this.#deadline.attemptStarted(startedAt);
    this.#attempt = new Attempt(endpoint, this, now);
    this.#attempt.send(this.#upstreamRequest(), startedAt, afresh);
  }

  #retry(failure: Failure): Retry | undefined {
    if (this.#done) return undefined;
    this.#retries ??= new Retries(this.#backend);
    const { method, attempts } = this.#request;
    const request = { method, attempts, hasBody: this.#body !== undefined };
    return this.#retries.next(this.#attempt as Attempt, failure, request, now());
  }

  /** Ends the attempt from our side. */
  #giveUp(failed: boolean): void {
    if (this.#attempt === undefined) return;
    this.#attempt.abort();
    this.#attemptEnded(failed);
    this.#stream?.destroy();
  }

  #attemptEnded(failed: boolean): void {
    const { counters } = this.#gateway;
    counters.backends.ended(this.#backend.slot, failed);
    const { started, reusedConnection } = this.#attempt as Attempt;
    if (!started) counters.upstreamConnectFailures++;
    else if (!reusedConnection) counters.upstreamConnects++;
  }

  /** Tells the client, as far as that is still possible. */
  #fail(reason: Reason): void {
    if (this.#done) return;
    this.#response.discard();
    this.#stream?.destroy();
    if (this.#response.responded) {
      this.#request.reason = reason;
      this.#request.exchange.abort();
    } else {
      this.#request.refuse(reason);
    }
    this.#finish();
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#deadline.stop();
    this.#mirroring?.end(this.#stream?.readableEnded === true);
    this.#request.finish();
  }

  onDeadlinePassed(passed: PassedDeadline): void {
    if (this.#done) return;
    // Only a body that is being read whole keeps the backend from hearing of the request.
    if (this.#attempt === undefined) return this.#fail('RequestTimeout');
    this.#gateway.counters.upstreamErrors.add('Deadline');
    this.#giveUp(true);
    this.#fail(passed);
  }
}

function isShort(bodyLength: number | undefined): boolean {
  return bodyLength !== undefined && bodyLength <= SHORT_BODY_BYTES;
}

function now(): number {
  return performance.now();
}

function isEventStream(fields: ResponseFields): boolean {
  const type = fields['content-type'];
  return typeof type === 'string' && type.startsWith('text/event-stream');
}
