/** The longest host name there is (RFC 1035 2.3.4): what is longer meets no wildcard but `*`, and costs no search. */
const MAX_HOST_LENGTH = 253;

/**
 * Values by hostname pattern, most specific first as `compareHostnames` has it: exact, then the longest wildcard, then `*`.
 * `*.example.com` stands for one label or more before `.example.com`.
 */
export class HostIndex<T> {
  readonly #exact = new Map<string, T>();
  /** By what follows the asterisk: `.example.com`. */
  readonly #wildcards = new Map<string, T>();
  #any: T | undefined;

  set(pattern: string, value: T): void {
    if (pattern === '*') this.#any = value;
    else if (pattern.startsWith('*')) this.#wildcards.set(pattern.slice(1), value);
    else this.#exact.set(pattern, value);
  }

  /** What `search` finds at the most specific pattern of `host` (lower case) where it finds anything. */
  first<A, R>(host: string, search: (value: T, argument: A) => R | undefined, argument: A): R | undefined {
    const exact = this.#exact.get(host);
    const found = exact === undefined ? undefined : search(exact, argument);
    return found ?? this.#firstWildcard(host, search, argument) ?? this.#firstAny(search, argument);
  }

  #firstWildcard<A, R>(host: string, search: (value: T, argument: A) => R | undefined, argument: A): R | undefined {
    if (this.#wildcards.size === 0 || host.length > MAX_HOST_LENGTH) return undefined;
    for (let dot = host.indexOf('.', 1); dot > 0; dot = host.indexOf('.', dot + 1)) {
      const value = this.#wildcards.get(host.slice(dot));
      const found = value === undefined ? undefined : search(value, argument);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #firstAny<A, R>(search: (value: T, argument: A) => R | undefined, argument: A): R | undefined {
    return this.#any === undefined ? undefined : search(this.#any, argument);
  }
}

/** The pattern of `hostnames` under which a request to `host` is looked up first; undefined where none stands for it. */
export function mostSpecificHostname(hostnames: readonly string[], host: string): string | undefined {
  const index = new HostIndex<string>();
  for (const hostname of hostnames) index.set(hostname, hostname);
  return index.first(host, (hostname) => hostname, undefined);
}
