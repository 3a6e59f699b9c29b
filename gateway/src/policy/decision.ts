/** What an external service decided about a request, as it is kept. */
export interface Decision {
  readonly allowed: boolean;
  /** For the backend, flat. */
  readonly headers: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Reads what `formatDecision` wrote; undefined where it is something else. */
export function readDecision(text: string | undefined): Decision | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isDecision(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function formatDecision(decision: Decision): string {
  return JSON.stringify(decision);
}

function isDecision(value: unknown): value is Decision {
  if (typeof value !== 'object' || value === null) return false;
  const { allowed, headers, at } = value as Partial<Record<keyof Decision, unknown>>;
  const hasHeaders =
    Array.isArray(headers) && headers.length % 2 === 0 && headers.every((text) => typeof text === 'string');
  return typeof allowed === 'boolean' && typeof at === 'number' && hasHeaders;
}
