import type { HeaderList } from '../listen/exchange.ts';

/**
 * The combined value of a field: several lines of one name are joined with a comma in the order they came (RFC 9110 5.3), those
 * of `Cookie` with a semicolon (RFC 9113 8.2.3). `name` is lower case. Undefined where the field is absent.
 */
export function headerValue(headers: HeaderList, name: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (!isNamed(headers[i] as string, name)) continue;
    const line = headers[i + 1] as string;
    value = value === undefined ? line : `${value}${name === 'cookie' ? '; ' : ', '}${line}`;
  }
  return value;
}

/** Whether a field's name as sent is `name`, which is lower case. */
export function isNamed(sent: string, name: string): boolean {
  return sent.length === name.length && (sent === name || sent.toLowerCase() === name);
}
