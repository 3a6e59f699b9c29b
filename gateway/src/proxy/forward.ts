import type { Duplex, Readable } from 'node:stream';
import type { BodyObserver, ExchangeListener } from '../listen/exchange.ts';
import type { CompiledRule } from '../snapshot/snapshot.ts';
import type { ResponseFields, UpstreamRequest } from '../upstream/attempt.ts';
import type { Backend } from '../upstream/backend.ts';
import { type DeadlineListener, ExchangeDeadline, type PassedDeadline } from './exchangeDeadline.ts';
import { forwardedHeaders } from './forwardedHeaders.ts';
import type { Gateway } from './gateway.ts';
import { type Mirroring, startMirrors } from './mirror.ts';
import type { ProxiedRequest } from './proxiedRequest.ts';
import type { Reason } from './reasons.ts';
import { responseHeaders } from './responseHeaders.ts';
import { ResponseRelay } from './responseRelay.ts';
import { Tries } from './tries.ts';
import type { TriesListener } from './triesListener.ts';
import { openTunnel } from './tunnel.ts';

/** What the access log says where the client left before an answer (nginx's code). */
const CLIENT_CLOSED = 499;

/** The longest body that is kept in memory until it is complete. */
const SHORT_BODY_BYTES = 16_384;

/**
 * Sends a request to a backend and its response to the client: the body and its limits, the deadline, backpressure in both directions,
 * and the end of one side when the other goes. `Tries` knows where the request goes.
 */
export class Forward implements ExchangeListener, TriesListener, BodyObserver, DeadlineListener {
  readonly maxBodyBytes: number;
  readonly #gateway: Gateway;
  readonly #request: ProxiedRequest;
  readonly #rule: CompiledRule;
  readonly #deadline: ExchangeDeadline;
  readonly #tries: Tries;
  readonly #response: ResponseRelay;
  #headers: string[] = [];
  #path = '';
  /** The request's body as it comes. */
  #stream: Readable | undefined;
  /** What is sent of it: the same, or all of a short one. */
  #body: Readable | Buffer | undefined;
  #mirroring: Mirroring | undefined;
  #done = false;

  constructor(gateway: Gateway, request: ProxiedRequest, rule: CompiledRule, backend: Backend, maxBodyBytes: number) {
    this.#gateway = gateway;
    this.#request = request;
    this.#rule = rule;
    this.maxBodyBytes = maxBodyBytes;
    this.#deadline = new ExchangeDeadline(gateway.deadlines, rule, request.begunAt, this);
    this.#response = new ResponseRelay(request, rule.filters);
    this.#tries = new Tries({ gateway, request, rule, deadline: this.#deadline, listener: this }, backend);
  }

  start(): void {
    const request = this.#request;
    const headers = forwardedHeaders(this.#gateway, request, this.#rule.filters);
    if (headers === undefined) return request.refuse('BadHeader');
    if (!this.#tries.enter(request.begunAt)) return;
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
    else this.#tries.begin(this.#upstreamRequest(), request.begunAt);
  }

  onAborted(): void {
    if (this.#done) return;
    this.#request.aborted = true;
    if (this.#request.status === 0) this.#request.status = CLIENT_CLOSED;
    this.#giveUp();
    this.#finish();
  }

  onRequestBroken(): void {
    if (this.#done) return;
    this.#giveUp();
    this.#fail('BadRequest');
  }

  onDrain(): void {
    this.#deadline.progressed();
    this.#tries.resume();
  }

  onBodyData(chunk: Buffer): void {
    this.#request.requestBytes += chunk.length;
    this.#gateway.bodyGarbage.passed(chunk.length);
    this.#mirroring?.add(chunk);
    this.#deadline.progressed();
  }

  onBodyTooLarge(): void {
    this.#giveUp();
    this.#fail('BodyTooLarge');
  }

  onInform(status: number, fields: ResponseFields): void {
    this.#request.exchange.inform(status, responseHeaders(fields));
  }

  onHead(status: number, fields: ResponseFields): void {
    this.#request.firstByteMs = performance.now() - this.#request.begunAt;
    this.#keepClient();
    this.#response.begin(status, fields);
    this.#deadline.headReceived(isEventStream(fields));
  }

  onData(chunk: Buffer): void {
    this.#request.responseBytes += chunk.length;
    this.#gateway.bodyGarbage.passed(chunk.length);
    this.#deadline.progressed();
    if (!this.#response.data(chunk)) this.#tries.pause();
  }

  onQuiet(): void {
    this.#response.flush();
  }

  onEnd(trailers: ResponseFields): void {
    this.#response.end(trailers);
    this.#finish();
  }

  onUpgrade(status: number, fields: ResponseFields, socket: Duplex, release: () => void): void {
    this.#keepClient();
    const { exchange } = this.#request;
    const headers = this.#response.headersOf(fields);
    headers.push('connection', 'Upgrade', 'upgrade', String(fields['upgrade'] ?? exchange.upgradeProtocol));
    this.#request.status = status;
    openTunnel(exchange.upgrade(headers), socket, release);
    this.#finish();
  }

  onGivenUp(reason: Reason, retryAfterSeconds?: number): void {
    this.#fail(reason, retryAfterSeconds);
  }

  onAnswered(): void {
    this.#stream?.destroy();
    this.#finish();
  }

  onWake(): void {
    if (!this.#done) this.#tries.onWake(now());
  }

  /** Tells a client that is not kept where it was served to stay there. */
  #keepClient(): void {
    const { persistence } = this.#rule;
    const { upstream, keptAt, exchange } = this.#request;
    if (persistence === undefined || upstream === undefined || upstream === keptAt) return;
    const cookie = persistence.cookieFor(upstream, this.#gateway.isSecure(exchange), now());
    if (cookie === undefined) return;
    this.#request.addedFields ??= [];
    this.#request.addedFields.push('set-cookie', cookie);
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
      this.#tries.begin(this.#upstreamRequest(), now());
    });
    this.#deadline.attemptStarted(this.#request.begunAt);
  }

  /** Ends the attempt from our side. */
  #giveUp(): void {
    this.#tries.abort();
    this.#stream?.destroy();
  }

  /** Tells the client, as far as that is still possible. */
  #fail(reason: Reason, retryAfterSeconds?: number): void {
    if (this.#done) return;
    this.#response.discard();
    this.#stream?.destroy();
    if (this.#response.responded) {
      this.#request.reason = reason;
      this.#request.exchange.abort();
    } else {
      this.#request.refuse(reason, retryAfterSeconds);
    }
    this.#finish();
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#deadline.stop();
    this.#tries.close();
    this.#mirroring?.end(this.#stream?.readableEnded === true);
    this.#request.finish();
  }

  onDeadlinePassed(passed: PassedDeadline): void {
    if (this.#done) return;
    // Only a body that is being read whole keeps the backend from hearing of the request.
    if (!this.#tries.begun) return this.#fail('RequestTimeout');
    const isSent = this.#stream === undefined || this.#stream.readableEnded;
    if (this.#tries.timedOut(now(), passed === 'BackendDeadline', !isSent)) return;
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
