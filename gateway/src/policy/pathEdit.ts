import type { Match, PathEdit } from '@evergate/contract/routeTable';
import { prefixKey } from '../match/pathKey.ts';

/** Makes a path of the one that was matched; the result begins with exactly one slash. */
export type EditPath = (match: Match, path: string) => string;

/** Gateway API `HTTPPathModifier`. The prefix is replaced by segments: only the slash of the rest stands between the two. */
export function compilePathEdit(edit: PathEdit): EditPath {
  const value = rooted(edit.value);
  if (edit.type === 'ReplaceFullPath') return () => value;
  const base = prefixKey(value);
  return (match, path) => {
    if (match.path.type !== 'PathPrefix') return path;
    return rooted(base + path.slice(prefixKey(match.path.value).length));
  };
}

/** Joins what was kept apart: `query` is as sent, without the `?`. */
export function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

/** Two slashes at the start would read as another host (RFC 3986 4.2); other characters would not stay in the path. */
function rooted(path: string): string {
  return `/${path.replace(/^\/+/, '')}`.toWellFormed().replace(/[^!-~]|[?#\\]/gu, encodeURIComponent);
}
