/** A longer field is not read: it would cost more than the answer. */
const MAX_CHARACTERS = 1_024;

interface MediaRange {
  // Lower case: a type, a group of types, or the range of all.
  readonly range: string;
  readonly quality: number;
}

/** What a client takes, as its `Accept` says (RFC 9110 12.5.1). */
export type Accepts = readonly MediaRange[];

/** Reads an `Accept` field; without one, or with one that is too long, a client takes anything. */
export function readAccept(field: string | undefined): Accepts {
  if (field === undefined || field.length > MAX_CHARACTERS) return [{ range: '*/*', quality: 1 }];
  return field.split(',').map((element) => {
    const [range = '', ...parameters] = element.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return { range, quality: quality === undefined ? 1 : Number(quality) || 0 };
  });
}

/** From 0, not at all, to 1. `type` is lower case and without parameters; the most specific range that fits it counts. */
export function qualityOf(type: string, accepts: Accepts): number {
  const group = `${type.slice(0, type.indexOf('/'))}/*`;
  for (const range of [type, group, '*/*']) {
    const found = accepts.find((one) => one.range === range);
    if (found !== undefined) return found.quality;
  }
  return 0;
}

/** Whether the client names the type, or its group, rather than just taking anything. */
export function namesType(type: string, accepts: Accepts): boolean {
  const group = `${type.slice(0, type.indexOf('/'))}/*`;
  return accepts.some(({ range, quality }) => quality > 0 && (range === type || range === group));
}
