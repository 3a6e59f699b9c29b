import type { Filters } from '../policy/filters.ts';
import type { ResponseFields } from '../upstream/attempt.ts';
import { headerOf, type ProxiedRequest } from './proxiedRequest.ts';
import { responseHeaders, responseTrailers } from './responseHeaders.ts';

/**
 * Brings a backend's response to the client: the head edited by the rule's filters and held back for a moment, so that it leaves in one
 * write with the first bytes of the body.
 */
export class ResponseRelay {
  readonly #request: ProxiedRequest;
  readonly #filters: Filters;
  /** The head, while it waits for the body. */
  #head: string[] | undefined;
  #contentLength = -1;
  #responded = false;
  /** The body went out whole with the head. */
  #whole = false;

  constructor(request: ProxiedRequest, filters: Filters) {
    this.#request = request;
    this.#filters = filters;
  }

  /** The head has gone out: no other answer can be given. */
  get responded(): boolean {
    return this.#responded;
  }

  begin(status: number, fields: ResponseFields): void {
    this.#request.status = status;
    this.#contentLength = Number(fields['content-length'] ?? -1);
    this.#head = this.headersOf(fields);
    if (fields['trailer'] !== undefined && this.#mayEndInTrailers()) {
      this.#head.push('trailer', String(fields['trailer']));
    }
  }

  /** The fields of a response as the client gets them, flat. */
  headersOf(fields: ResponseFields): string[] {
    const headers = responseHeaders(fields);
    const origin = this.#filters.readsOrigin ? headerOf(this.#request.headers, 'origin') : undefined;
    this.#filters.editResponse(headers, origin);
    const { addedFields } = this.#request;
    if (addedFields !== undefined) headers.push(...addedFields);
    return headers;
  }

  /** Returns false when the client should drain first. */
  data(chunk: Buffer): boolean {
    const { exchange, status } = this.#request;
    if (this.#head === undefined) return exchange.write(chunk);
    this.#whole = chunk.length === this.#contentLength;
    return exchange.respond(status, this.#takeHead(), chunk, this.#whole);
  }

  /** Sends a head that came alone (an event stream's): it must not wait for the body. */
  flush(): void {
    if (this.#head !== undefined) this.#request.exchange.respond(this.#request.status, this.#takeHead());
  }

  end(trailers: ResponseFields): void {
    if (this.#whole) return;
    const { exchange, status } = this.#request;
    const fields = responseTrailers(trailers);
    if (this.#head !== undefined && fields.length === 0) {
      exchange.respond(status, this.#takeHead(), undefined, true);
    } else {
      this.flush();
      exchange.end(fields);
    }
  }

  /** Gives up a head that has not gone out. */
  discard(): void {
    this.#head = undefined;
  }

  /** Whether the client can be told of trailers: only a body in chunks has any. */
  #mayEndInTrailers(): boolean {
    const { method, status, exchange } = this.#request;
    const isBodiless = method === 'HEAD' || status === 204 || status === 304;
    return this.#contentLength < 0 && !isBodiless && exchange.version !== '1.0';
  }

  #takeHead(): string[] {
    const head = this.#head as string[];
    this.#head = undefined;
    this.#responded = true;
    return head;
  }
}
