/*
 * The two rules of path prefixes, in one place for the index and for whoever explains it: `/foo` matches `/foo`, `/foo/` and
 * `/foo/bar`, not `/foobar`; a trailing slash of the prefix says nothing (Gateway API `PathMatchPathPrefix`).
 */

const SLASH = 0x2f;

/** A prefix without its trailing slash: `/` becomes empty. */
export function prefixKey(prefix: string): string {
  return prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
}

/** Whether a segment of `path` ends at `length`, given that `path` is at least so long. */
export function endsSegment(path: string, length: number): boolean {
  return path.length === length || path.charCodeAt(length) === SLASH;
}
