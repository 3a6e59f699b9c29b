import { isIP } from 'node:net';
import { z } from 'zod';
import { integer, patternText, qualifiedMap, qualifiedName, text, withRules } from './schema.ts';

/* Fields that occur in more than one kind. Patterns are written so that JavaScript and RE2 read them alike. */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

/** The source of a pattern: a path that begins with a slash and holds what RFC 3986 permits in one. */
export const pathSource = "/([-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*";

/** Matches what `normalisePath` changes or refuses: repeated slashes, dot segments, escaped dots, separators and controls. */
export const unsafePathPattern = '//|/[.][.]?(/|;|$)|%([01][0-9a-fA-F]|2[eEfF]|5[cC]|7[fF])';

/** The name of a namespaced object. */
export const objectName = patternText({
  max: 253,
  pattern: new RegExp(`^${LABEL}([.]${LABEL})*$`),
  accepts: 'the name of an object: lower case letters, digits, - and dots',
});

export const serviceName = patternText({
  max: 63,
  pattern: new RegExp(`^${LABEL}$`),
  accepts: 'the name of a Service: at most 63 lower case letters, digits and -',
});

/** Everything of a fleet is named after it, and the longest of those names has to fit in a label of its pods. */
export const fleetName = patternText({
  max: 40,
  pattern: new RegExp(`^${LABEL}$`),
  accepts: 'the name of a fleet: at most 40 lower case letters, digits and -',
});

export const namespaceName = patternText({
  max: 63,
  pattern: new RegExp(`^${LABEL}$`),
  accepts: 'the name of a namespace: at most 63 lower case letters, digits and -',
});

/** Names within an object. They begin with a letter, so that none can be taken for a position. */
export const sectionName = patternText({
  max: 63,
  pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
  accepts: 'a name of at most 63 lower case letters, digits and -, beginning with a letter',
});

export const hostname = patternText({
  max: 253,
  pattern: new RegExp(`^([*][.])?${LABEL}([.]${LABEL})*$`),
  accepts: 'a host name in lower case without a port, such as shop.example.com or *.example.com',
});

export const preciseHostname = patternText({
  max: 253,
  pattern: new RegExp(`^${LABEL}([.]${LABEL})*$`),
  accepts: 'a host name in lower case without a port or a wildcard, such as shop.example.com',
});

/** What taints, classes and the like are named with. */
export const qualifiedNameText = patternText({
  max: 317,
  pattern: qualifiedName,
  accepts: 'a name such as team or example.com/team',
});

const labelValue = patternText({
  max: 63,
  pattern: /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/,
  accepts: 'the value of a label: at most 63 letters, digits, -, _ and dots',
});

export const labelMap = qualifiedMap(labelValue, 64);

export const annotationMap = qualifiedMap(z.string().max(32_768), 64);

/** RFC 9110 5.6.2. */
export const headerName = patternText({
  max: 256,
  pattern: /^[-A-Za-z0-9!#$%&'*+.^_`|~]+$/,
  accepts: 'the name of a header field, such as X-Tenant',
});

/** A header value that needs no folding or trimming and can carry no second field. */
export const headerValue = patternText({
  max: 4096,
  pattern: /^[!-~]([\t -~]*[!-~])?$/,
  accepts: 'a header value of printable ASCII characters, without spaces around it',
});

export const port = integer(1, 65_535);

export const urlPath = patternText({
  max: 1024,
  pattern: new RegExp(`^${pathSource}$`),
  accepts: 'a path that begins with /, with other characters escaped as %XX',
});

/** An address range, such as `10.0.0.0/8`. */
export const cidr = withRules(text(64), {
  cel: 'isCIDR(self)',
  holds: isCidr,
  message: 'must be an address range such as 10.0.0.0/8 or fd00::/8',
});

function isCidr(value: string): boolean {
  const [address = '', length = ''] = value.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return Number(length) <= bits && String(Number(length)) === length;
}
