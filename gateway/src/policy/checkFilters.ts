import type { Problem } from '@evergate/contract/problem';
import { reservedHeaders } from '@evergate/contract/reservedHeaders';
import type { Filter } from '@evergate/contract/routeTable';

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t -~\u0080-\u00ff]*$/;

const RESERVED: ReadonlySet<string> = new Set(reservedHeaders);

/**
 * Looks again at what the operator has validated: text that no header can carry must not reach a connection, whatever the table
 * says. Paths begin at the rule.
 */
export function checkFilters(filters: readonly Filter[]): Problem[] {
  return filters.flatMap((filter, index) => checkFilter(filter, `filters[${index}]`));
}

function checkFilter(filter: Filter, at: string): Problem[] {
  if (filter.type === 'DirectResponse') return checkValue(filter.contentType, `${at}.contentType`);
  if (filter.type === 'URLRewrite') return checkValue(filter.hostname ?? '', `${at}.hostname`);
  if (filter.type !== 'RequestHeaderModifier' && filter.type !== 'ResponseHeaderModifier') return [];
  const { set, add, remove } = filter.edit;
  return [
    ...set.flatMap((field, i) => checkField(field, `${at}.edit.set[${i}]`)),
    ...add.flatMap((field, i) => checkField(field, `${at}.edit.add[${i}]`)),
    ...remove.flatMap((name, i) => checkName(name, `${at}.edit.remove[${i}]`)),
  ];
}

function checkField([name, value]: readonly [string, string], at: string): Problem[] {
  return [...checkName(name, `${at}[0]`), ...checkValue(value, `${at}[1]`)];
}

function checkName(name: string, path: string): Problem[] {
  const found = JSON.stringify(name);
  if (!NAME.test(name)) return [{ path, message: `${found} is not the name of a header` }];
  if (!RESERVED.has(name.toLowerCase())) return [];
  return [{ path, message: `${found} is kept by the gateway itself; use a header that frames no message` }];
}

function checkValue(value: string, path: string): Problem[] {
  if (VALUE.test(value)) return [];
  return [{ path, message: `${JSON.stringify(value)} has characters that no header value may have` }];
}
