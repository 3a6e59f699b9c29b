import type { HeaderEdit } from '@evergate/contract/routeTable';

/** Edits a flat header list in place. */
export type EditHeaders = (headers: string[]) => void;

/** Gateway API `HTTPHeaderFilter`: names are case-insensitive, `set` replaces every line of its name, `add` adds a line. */
export function compileHeaderEdit({ set, add, remove }: HeaderEdit): EditHeaders {
  const dropped = new Set([...set.map(([name]) => name), ...remove].map((name) => name.toLowerCase()));
  const appended = [...set, ...add].flatMap(([name, value]) => [name.toLowerCase(), value]);
  return (headers) => {
    if (dropped.size > 0) removeHeaders(headers, dropped);
    for (const text of appended) headers.push(text);
  };
}

/** Removes every line of the fields named, which are lower case, in place. */
export function removeHeaders(headers: string[], names: ReadonlySet<string>): void {
  let kept = 0;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (names.has(name.toLowerCase())) continue;
    headers[kept] = name;
    headers[kept + 1] = headers[i + 1] as string;
    kept += 2;
  }
  headers.length = kept;
}
