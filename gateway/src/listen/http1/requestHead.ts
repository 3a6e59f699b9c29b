import type { Reason } from '../../proxy/reasons.ts';
import type { HeaderList } from '../exchange.ts';
import type { RawHead } from './headReader.ts';

/*
 * What the fields of a well-formed head mean (RFC 9112): one Host, a target in a form a gateway takes, one way in which the body ends.
 * Anything another parser behind us could read differently is refused here.
 */

/** A request's head as the exchange needs it. */
export interface RequestHead {
  readonly method: string;
  readonly version: '1.0' | '1.1';
  readonly headers: HeaderList;
  /** In origin form. */
  readonly target: string;
  readonly authority: string;
  /** Bytes; undefined for a chunked body, 0 without a body. */
  readonly bodyLength: number | undefined;
  /** The client sends no body before it is told to. */
  readonly expectsContinue: boolean;
  /** The client may send another request behind this one. */
  readonly persistent: boolean;
  /** Value of `Upgrade` where the client asks to switch to what can become a tunnel. */
  readonly upgradeProtocol: string | undefined;
}

/** One name or address and a port: no list, no user info, no path (RFC 9110 7.2, RFC 3986 3.2.2). */
const AUTHORITY = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;
const MAX_PORT = 65_535;
const ABSOLUTE = /^https?:\/\/([^/?#]*)([^#]*)$/i;
const LENGTH = /^[0-9]+$/;

type Target = `/${string}`;

/** The fields that decide what a message is. */
interface Framing {
  host: string | undefined;
  hosts: number;
  length: string | undefined;
  lengths: number;
  coding: string | undefined;
  codings: number;
  connection: string | undefined;
  expect: string | undefined;
  upgrade: string | undefined;
}

/** Reads what a head means. Returns the reason for which it is refused otherwise. */
export function readHead({ method, target: sent, version, headers }: RawHead): RequestHead | Reason {
  if (method === 'CONNECT') return 'MethodNotSupported';
  const framing = readFraming(headers);
  const problem = framingProblem(framing, version);
  if (problem !== undefined) return problem;
  const { host: authority = '', connection = '', expect } = framing;
  const target = originForm(sent, authority);
  if (!isTarget(target)) return target;
  if (expect !== undefined && version === '1.1' && !isName(expect, '100-continue')) return 'ExpectationFailed';
  const bodyLength = framing.coding === undefined ? Number(framing.length ?? 0) : undefined;
  return {
    method,
    version,
    headers,
    target,
    authority,
    bodyLength,
    expectsContinue: expect !== undefined && version === '1.1' && bodyLength !== 0,
    persistent: isPersistent(connection, version),
    upgradeProtocol: tunnelProtocol(framing, method, version, bodyLength),
  };
}

/** One pass; lengths first, so that most names are told apart without folding their case. */
function readFraming(headers: HeaderList): Framing {
  const framing: Framing = {
    host: undefined,
    hosts: 0,
    length: undefined,
    lengths: 0,
    coding: undefined,
    codings: 0,
    connection: undefined,
    expect: undefined,
    upgrade: undefined,
  };
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (mayFrame(name.length)) readField(framing, name, headers[index + 1] as string);
  }
  return framing;
}

/** Whether one of the names below has that length. */
function mayFrame(length: number): boolean {
  return length === 4 || length === 6 || length === 7 || length === 10 || length === 14 || length === 17;
}

function readField(framing: Framing, name: string, value: string): void {
  switch (name.toLowerCase()) {
    case 'host':
      framing.host = value;
      framing.hosts++;
      return;
    case 'content-length':
      framing.length = value;
      framing.lengths++;
      return;
    case 'transfer-encoding':
      framing.coding = value;
      framing.codings++;
      return;
    case 'connection':
      framing.connection = joined(framing.connection, value);
      return;
    case 'expect':
      framing.expect = joined(framing.expect, value);
      return;
    case 'upgrade':
      framing.upgrade = joined(framing.upgrade, value);
  }
}

/**
 * RFC 9112 6: a message has a length or is in chunks, and says so once. Both, either twice, or a coding besides `chunked` is how requests
 * are smuggled past whoever reads them otherwise.
 */
function framingProblem(framing: Framing, version: string): Reason | undefined {
  const { host, hosts, length, lengths, coding, codings } = framing;
  if (hosts > 1 || (hosts === 0 && version === '1.1')) return 'BadHost';
  if (host !== undefined && !isAuthority(host)) return 'BadHost';
  if (lengths + codings > 1) return 'BadRequest';
  if (length !== undefined && !isLength(length)) return 'BadRequest';
  if (coding === undefined || (version === '1.1' && isName(coding, 'chunked'))) return undefined;
  return 'BadRequest';
}

/** RFC 9112 9.3. */
function isPersistent(connection: string, version: string): boolean {
  if (connection === '') return version === '1.1';
  if (hasOption(connection, 'close')) return false;
  return version === '1.1' || hasOption(connection, 'keep-alive');
}

/** Only what can become a tunnel is an upgrade; other requests go on without their `Upgrade` field (RFC 9110 7.8). */
function tunnelProtocol(
  { upgrade, connection }: Framing,
  method: string,
  version: string,
  bodyLength: number | undefined,
): string | undefined {
  if (upgrade === undefined || upgrade === '' || connection === undefined) return undefined;
  if (method !== 'GET' || version !== '1.1' || bodyLength !== 0 || !hasOption(connection, 'upgrade')) return undefined;
  const protocol = upgrade.toLowerCase();
  return protocol.startsWith('h2c') || protocol.startsWith('tls/') ? undefined : upgrade;
}

/**
 * The target in origin form. RFC 9112 3.2.2 lets one in absolute form win over the Host field; one that disagrees is refused instead,
 * because someone else may read the other.
 */
function originForm(sent: string, authority: string): Target | Reason {
  if (isTarget(sent)) return sent.includes('#') ? 'BadTarget' : sent;
  const absolute = ABSOLUTE.exec(sent);
  if (absolute === null) return 'BadTarget';
  const [, host = '', rest = ''] = absolute;
  if (host.toLowerCase() !== authority.toLowerCase()) return 'BadHost';
  return isTarget(rest) ? rest : `/${rest}`;
}

function isAuthority(text: string): boolean {
  if (!AUTHORITY.test(text)) return false;
  const colon = text.lastIndexOf(':');
  return colon === -1 || text.endsWith(']') || Number(text.slice(colon + 1)) <= MAX_PORT;
}

function isLength(text: string): boolean {
  return LENGTH.test(text) && Number.isSafeInteger(Number(text));
}

function isTarget(text: string): text is Target {
  return text.startsWith('/');
}

function isName(text: string, lowerCase: string): boolean {
  return text === lowerCase || text.toLowerCase() === lowerCase;
}

/** Whether a Connection field names `option` (RFC 9110 7.6.1). */
function hasOption(connection: string, option: string): boolean {
  if (isName(connection, option)) return true;
  if (!connection.includes(',')) return false;
  return connection.split(',').some((one) => isName(one.trim(), option));
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}
