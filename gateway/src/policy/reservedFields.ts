/** `fields`, flat with names in lower case, without those that are reserved. A name with underscores is the same to some backends. */
export function withoutReserved(fields: string[], reserved: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    const isReserved = reserved.has(name) || (name.includes('_') && reserved.has(name.replaceAll('_', '-')));
    if (!isReserved) kept.push(name, fields[index + 1] as string);
  }
  return kept;
}
