import type { NamedMatch } from '@evergate/contract/routeTable';
import { headerValue } from './headerValue.ts';
import type { MatchTarget } from './matchTarget.ts';
import { Pattern } from './pattern.ts';
import { preflightMethod } from './preflight.ts';
import { decodeQueryValue, decodesTo, rawQueryValue } from './queryValue.ts';

/** One condition on a request. */
export interface Predicate {
  holds(target: MatchTarget): boolean;
  /** For a target that does not hold: what was found and what is asked for, in one sentence without a full stop. */
  mismatch(target: MatchTarget): string;
}

/** Methods are case-sensitive (RFC 9110 9.1). */
export function withMethod(method: string): Predicate {
  return {
    holds: (target) => target.method === method,
    mismatch: (target) => `method ${target.method} is not ${method}`,
  };
}

/** Also holds for a preflight that asks for the method: a browser sends it before a request of any rule with a CORS filter. */
export function withMethodOrPreflight(method: string): Predicate {
  return {
    holds: (target) => target.method === method || preflightMethod(target) === method,
    mismatch: (target) => `method ${preflightMethod(target) ?? target.method} is not ${method}`,
  };
}

/** Throws an Error for a value that is no regular expression. */
export function withHeader({ type, name, value }: NamedMatch): Predicate {
  const pattern = type === 'RegularExpression' ? new Pattern(value) : undefined;
  const key = name.toLowerCase();
  return {
    holds(target) {
      const found = headerValue(target.headers, key);
      if (found === undefined) return false;
      return pattern === undefined ? found === value : pattern.matches(found);
    },
    mismatch: (target) => unequal(`header ${key}`, headerValue(target.headers, key), type, value),
  };
}

/** The first value counts (Gateway API). Throws an Error for a value that is no regular expression. */
export function withQueryParam({ type, name, value }: NamedMatch): Predicate {
  const pattern = type === 'RegularExpression' ? new Pattern(value) : undefined;
  const nameBytes = Buffer.from(name);
  const valueBytes = Buffer.from(value);
  return {
    holds(target) {
      const raw = rawQueryValue(target.query, nameBytes);
      if (raw === undefined) return false;
      return pattern === undefined ? decodesTo(raw, 0, raw.length, valueBytes) : pattern.matches(decodeQueryValue(raw));
    },
    mismatch(target) {
      const raw = rawQueryValue(target.query, nameBytes);
      return unequal(`query parameter ${name}`, raw === undefined ? undefined : decodeQueryValue(raw), type, value);
    },
  };
}

function unequal(what: string, found: string | undefined, type: NamedMatch['type'], value: string): string {
  if (found === undefined) return `${what} is absent`;
  return `${what} ${JSON.stringify(found)} ${type === 'Exact' ? 'is not' : 'does not match'} ${JSON.stringify(value)}`;
}
