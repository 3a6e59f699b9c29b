import type { RouteFilter } from '@evergate/crds/routeFilters';
import type { Finding } from './verdict.ts';

interface Named {
  readonly name: string;
}

/**
 * Finds names in a list that differ from an earlier one in case only: they are one header, and the schema cannot see it. Gateway API
 * takes the first and ignores the others; an entry that does nothing is a mistake to be told. `field` is where the list stands.
 */
export function repeatedHeaders(entries: readonly Named[], field: string): readonly Finding[] {
  const names = entries.map(({ name }) => name.toLowerCase());
  return entries.flatMap(({ name }, position) => {
    const first = names.indexOf(name.toLowerCase());
    if (first === position) return [];
    const repeated = `${field}[${position}].name: found ${JSON.stringify(name)}, the header that ${field}[${first}] names`;
    return [{ reason: 'UnsupportedValue', message: `${repeated}; keep one of the two, case makes no difference` }];
  });
}

/** The same for what a rule's filters set and add. */
export function headersRepeatedIn(filters: readonly RouteFilter[], field: string): readonly Finding[] {
  return filters.flatMap((filter, position) => {
    const at = `${field}.filters[${position}]`;
    if (filter.type === 'RequestHeaderModifier') {
      return headersOfEdit(filter.requestHeaderModifier, `${at}.requestHeaderModifier`);
    }
    if (filter.type === 'ResponseHeaderModifier') {
      return headersOfEdit(filter.responseHeaderModifier, `${at}.responseHeaderModifier`);
    }
    return [];
  });
}

function headersOfEdit(edit: { readonly set: readonly Named[]; readonly add: readonly Named[] }, field: string) {
  return [...repeatedHeaders(edit.set, `${field}.set`), ...repeatedHeaders(edit.add, `${field}.add`)];
}
