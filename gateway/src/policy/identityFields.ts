const MAX_CHARACTERS = 4_096;

/** Header fields, flat, that tell a backend what is known of a client. What is not known is left out. */
export function identityFields(
  pairs: readonly (readonly [string, string])[],
  known: Readonly<Record<string, unknown>>,
): string[] {
  const fields: string[] = [];
  for (const [name, header] of pairs) {
    const text = Object.hasOwn(known, name) ? textOf(known[name]) : undefined;
    if (text !== undefined) fields.push(header, text);
  }
  return fields;
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return fieldText(value.join(','));
  return fieldText(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

/** A text as a field's value: what could end the field, or is no ASCII, is escaped as `%XX`. Undefined where it is too long. */
export function fieldText(text: string): string | undefined {
  const value = text
    .toWellFormed()
    .replace(/[^\t -~]/gu, encodeURIComponent)
    .replaceAll('\t', ' ')
    .trim();
  return value.length > MAX_CHARACTERS ? undefined : value;
}
