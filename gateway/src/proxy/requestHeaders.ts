import { detached } from '../listen/detached.ts';
import type { HeaderList } from '../listen/exchange.ts';

/*
 * Which fields of a request go on to the backend. Hop-by-hop fields stay here (RFC 9110 7.6.1), as do those that the gateway writes
 * itself; what proxies in front may say is kept only from trusted ones.
 */

/** What is done with a field, by its name. */
const Treatment = {
  Forward: 0,
  Drop: 1,
  Connection: 2,
  ForwardedFor: 3,
  RequestId: 4,
  Traceparent: 5,
  Tracestate: 6,
  Via: 7,
  /** Kept from trusted hops only. */
  Forwarded: 8,
  /** A spelling that some servers read as a field of trust: the request is refused. */
  Alias: 9,
} as const;
type Treatment = (typeof Treatment)[keyof typeof Treatment];

interface KnownName {
  readonly name: string;
  readonly treatment: Treatment;
}

const TREATMENTS: ReadonlyMap<string, Treatment> = new Map<string, Treatment>([
  ['host', Treatment.Drop],
  ['keep-alive', Treatment.Drop],
  ['proxy-connection', Treatment.Drop],
  ['proxy-authenticate', Treatment.Drop],
  ['proxy-authorization', Treatment.Drop],
  ['transfer-encoding', Treatment.Drop],
  ['te', Treatment.Drop],
  ['trailer', Treatment.Drop],
  ['upgrade', Treatment.Drop],
  ['expect', Treatment.Drop],
  ['http2-settings', Treatment.Drop],
  ['content-length', Treatment.Drop],
  ['connection', Treatment.Connection],
  ['x-forwarded-for', Treatment.ForwardedFor],
  ['x-request-id', Treatment.RequestId],
  ['traceparent', Treatment.Traceparent],
  ['tracestate', Treatment.Tracestate],
  ['via', Treatment.Via],
  ['forwarded', Treatment.Forwarded],
  ['x-forwarded-host', Treatment.Forwarded],
  ['x-forwarded-proto', Treatment.Forwarded],
  ['x-forwarded-port', Treatment.Forwarded],
  ['x-forwarded-prefix', Treatment.Forwarded],
  ['x-forwarded-server', Treatment.Forwarded],
  ['x-forwarded-scheme', Treatment.Forwarded],
  ['x-real-ip', Treatment.Forwarded],
]);

/** Names seen so far, so that the usual ones are lower-cased and looked up once. Bounded: a client cannot make it grow. */
const known = new Map<string, KnownName>();
const MAX_KNOWN = 1024;
const MAX_KNOWN_LENGTH = 64;

/** Fields that the gateway reads or writes itself; several of one name are joined by commas (RFC 9110 5.3). */
export class HopFields {
  /** A field's name is an alias of a trusted one. */
  alias = false;
  connection: string | undefined;
  forwardedFor: string | undefined;
  requestId: string | undefined;
  traceparent: string | undefined;
  tracestate: string | undefined;
  via: string | undefined;
  /** Fields that count only when they come from a trusted hop, flat. */
  readonly fromTrusted: string[] = [];

  add({ name, treatment }: KnownName, value: string): void {
    switch (treatment) {
      case Treatment.Forward:
      case Treatment.Drop:
        return;
      case Treatment.Connection:
        this.connection = joined(this.connection, value);
        return;
      case Treatment.ForwardedFor:
        this.forwardedFor = joined(this.forwardedFor, value);
        return;
      case Treatment.RequestId:
        this.requestId = value;
        return;
      case Treatment.Traceparent:
        this.traceparent = value;
        return;
      case Treatment.Tracestate:
        this.tracestate = joined(this.tracestate, value);
        return;
      case Treatment.Via:
        this.via = joined(this.via, value);
        return;
      case Treatment.Forwarded:
        this.fromTrusted.push(name, value);
        return;
      case Treatment.Alias:
        this.alias = true;
    }
  }
}

/** A request's fields, sorted out. */
export interface SortedHeaders {
  /** What goes on, flat, names in lower case. The caller appends its own. */
  readonly forward: string[];
  /** Undefined where there is none, as usual. */
  readonly hop: HopFields | undefined;
}

/** Sorts the fields of a request, in one pass. */
export function sortHeaders(headers: HeaderList): SortedHeaders {
  const forward: string[] = [];
  let hop: HopFields | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    const field = known.get(headers[index] as string) ?? learn(headers[index] as string);
    const value = headers[index + 1] as string;
    if (field.treatment === Treatment.Forward) {
      forward.push(field.name, value);
    } else if (field.treatment !== Treatment.Drop) {
      hop ??= new HopFields();
      hop.add(field, value);
    }
  }
  if (hop?.connection === undefined) return { forward, hop };
  return { forward: withoutNamed(forward, hop.connection), hop };
}

/** `fields` without those that a Connection field names; flat. The same list where it names none. */
export function withoutNamed(fields: string[], connection: string): string[] {
  if (connection === 'keep-alive' || connection === 'close') return fields;
  const named = new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((token) => token.trim()),
  );
  named.delete('close');
  named.delete('keep-alive');
  named.delete('upgrade');
  if (named.size === 0) return fields;
  const kept: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    if (!named.has(fields[index] as string)) kept.push(fields[index] as string, fields[index + 1] as string);
  }
  return kept;
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}

function learn(seen: string): KnownName {
  const raw = detached(seen);
  const name = raw.toLowerCase();
  const treatment = TREATMENTS.get(name) ?? (isAlias(name) ? Treatment.Alias : Treatment.Forward);
  const entry = { name, treatment };
  if (known.size < MAX_KNOWN && raw.length <= MAX_KNOWN_LENGTH) known.set(raw, entry);
  return entry;
}

/** `x_forwarded_for` reaches a CGI-like backend as the same variable as `x-forwarded-for`. */
function isAlias(name: string): boolean {
  return name.includes('_') && TREATMENTS.has(name.replaceAll('_', '-'));
}
