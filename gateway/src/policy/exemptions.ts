import type { Enforced } from '@evergate/contract/enforcedSettings';
import { endsSegment, prefixKey } from '../match/pathKey.ts';

/** Whether a request is one of those that nothing enforced holds for. Host in lower case, path normalised. */
export type IsExempt = (host: string, path: string) => boolean;

/** Compiles a fleet's list: hosts exact, `*.example.com` for any label in front, or `*`; whole segments of the path. */
export function compileExemptions(exempt: Enforced['exempt']): IsExempt {
  if (exempt.length === 0) return () => false;
  const entries = exempt.map(({ hostname, pathPrefix }) => ({
    matches: hostMatcher(hostname),
    prefix: prefixKey(pathPrefix),
  }));
  return (host, path) =>
    entries.some(({ matches, prefix }) => matches(host) && path.startsWith(prefix) && endsSegment(path, prefix.length));
}

function hostMatcher(hostname: string): (host: string) => boolean {
  if (hostname === '*') return () => true;
  if (!hostname.startsWith('*.')) return (host) => host === hostname;
  const suffix = hostname.slice(1);
  return (host) => host.length > suffix.length && host.endsWith(suffix);
}
