import type { Reason } from '../proxy/reasons.ts';

/*
 * What node:http leaves to us of RFC 9112: one Host, a target in a form a gateway takes, a version we speak. Anything another
 * parser behind us could read differently is refused here.
 */

/** A request's head as the exchange needs it. */
export interface RequestHead {
  readonly target: string;
  readonly authority: string;
  /** Bytes; undefined for a chunked body, 0 without a body. */
  readonly bodyLength: number | undefined;
  /** Value of `Upgrade` where the client asks to switch. */
  readonly upgradeProtocol: string | undefined;
}

export interface HeadLimits {
  readonly maxHeaderCount: number;
  readonly maxTargetBytes: number;
}

/** One name or address and a port: no list, no user info, no path (RFC 9110 7.2, RFC 3986 3.2.2). */
const AUTHORITY = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?$/;
const MAX_PORT = 65_535;
const TARGET = /^\/[\x21\x22\x24-\x7e\x80-\xff]*$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)([^#]*)$/i;

type Target = `/${string}`;

/** The fields that decide what a message is. */
interface Framing {
  host: string | undefined;
  hosts: number;
  bodyLength: number | undefined;
  /** It is coded in another way than in chunks alone: node:http would take off the chunks and leave the rest. */
  foreignCoding: boolean;
  upgradeProtocol: string | undefined;
}

/** Reads a head that node:http took for valid. Returns the reason for which it is refused otherwise. */
export function readHead(
  version: string,
  url: string,
  headers: readonly string[],
  limits: HeadLimits,
): RequestHead | Reason {
  if (version !== '1.1' && version !== '1.0') return 'VersionNotSupported';
  if (headers.length > limits.maxHeaderCount * 2) return 'HeadersTooLarge';
  if (url.length > limits.maxTargetBytes) return 'TargetTooLong';
  const framing = readFraming(headers);
  const problem = framingProblem(framing, version);
  if (problem !== undefined) return problem;
  const { host: authority = '', bodyLength, upgradeProtocol } = framing;
  const target = isTarget(url) && TARGET.test(url) ? url : originForm(url, authority);
  return isTarget(target) ? { target, authority, bodyLength, upgradeProtocol } : target;
}

/** One pass; lengths first, so that most names are told apart without folding their case. */
function readFraming(headers: readonly string[]): Framing {
  const framing: Framing = {
    host: undefined,
    hosts: 0,
    bodyLength: 0,
    foreignCoding: false,
    upgradeProtocol: undefined,
  };
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (name.length === 4 && isName(name, 'host')) {
      framing.host = headers[index + 1];
      framing.hosts++;
    } else if (name.length === 14 && isName(name, 'content-length')) {
      framing.bodyLength = Number(headers[index + 1]);
    } else if (name.length === 17 && isName(name, 'transfer-encoding')) {
      framing.bodyLength = undefined;
      framing.foreignCoding ||= !isName(headers[index + 1] as string, 'chunked');
    } else if (name.length === 7 && isName(name, 'upgrade')) {
      framing.upgradeProtocol = headers[index + 1];
    }
  }
  return framing;
}

function framingProblem({ host, hosts, bodyLength, foreignCoding }: Framing, version: string): Reason | undefined {
  if (hosts > 1 || (hosts === 0 && version === '1.1')) return 'BadHost';
  if (host !== undefined && !isAuthority(host)) return 'BadHost';
  if (bodyLength !== undefined) return Number.isSafeInteger(bodyLength) ? undefined : 'BadRequest';
  return foreignCoding || version === '1.0' ? 'BadRequest' : undefined;
}

/**
 * The origin form of a target in absolute form. RFC 9112 3.2.2 lets such a target win over the Host field; one that disagrees is
 * refused instead, because someone else may read the other.
 */
function originForm(url: string, authority: string): Target | Reason {
  const absolute = ABSOLUTE.exec(url);
  if (absolute === null) return 'BadTarget';
  const [, host = '', rest = ''] = absolute;
  if (host.toLowerCase() !== authority.toLowerCase()) return 'BadHost';
  const target = rest.startsWith('/') ? rest : `/${rest}`;
  return isTarget(target) && TARGET.test(target) ? target : 'BadTarget';
}

function isAuthority(text: string): boolean {
  const parts = AUTHORITY.exec(text);
  return parts !== null && Number(parts[1] ?? 0) <= MAX_PORT;
}

function isTarget(text: string): text is Target {
  return text.startsWith('/');
}

function isName(name: string, lowerCase: string): boolean {
  return name === lowerCase || name.toLowerCase() === lowerCase;
}
