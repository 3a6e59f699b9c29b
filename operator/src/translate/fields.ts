/* What is read of an object that its schema refused. */

/** The value of a field of whatever it is; undefined where it has none. */
export function fieldOf(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[field];
}

/** Reads a `creationTimestamp`. Objects in files have no age: they tie at 0, and their names decide. */
export function unixSeconds(timestamp: string | null | undefined): number {
  const totalMs = Date.parse(timestamp ?? '');
  return Number.isNaN(totalMs) ? 0 : Math.max(0, Math.floor(totalMs / 1000));
}
