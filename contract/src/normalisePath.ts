/** One look at the whole path finds all that may need work: it is normal as it stands when nothing here occurs. */
const SUSPECT = /^(?!\/)|[^!-~]|[%\\?#]|\/[./]/;

/**
 * What cannot be given one meaning: not a path, characters that belong in no path, broken escapes, and escapes that some
 * servers decode into a separator or a control character and others do not.
 */
const REFUSED = /^(?!\/)|[^!-~]|[\\?#]|%(?![0-9A-Fa-f]{2})|%(?:[01]|2[fF]|5[cC]|7[fF])/;

const ESCAPE = /%[0-9A-Fa-f]{2}/g;
const UNRESERVED = /[A-Za-z0-9._~-]/;

/** `..;x` is a name by RFC 3986, and the parent directory to servers that cut path parameters off first. */
const DISGUISED_DOTS = /^\.\.?;/;

/**
 * Brings the path of a request target (without its query) into the one form that is matched and forwarded: escaped unreserved
 * characters decoded, other escapes in upper case (RFC 3986 6.2.2), dot segments removed also when they came escaped, repeated
 * slashes merged. What is normal comes back as the same string; normalising twice changes nothing; time is linear.
 *
 * Returns undefined for what has no single safe meaning, to be refused with 400: an escaped slash or backslash, a raw backslash,
 * a malformed escape, control characters raw or escaped, a space, non-ASCII, `?` or `#`, dots that climb above the root, dot
 * segments with a path parameter (`/..;/`), and anything that does not begin with a slash.
 */
export function normalisePath(path: string): string | undefined {
  if (!SUSPECT.test(path)) return path;
  if (REFUSED.test(path)) return undefined;
  return resolveDots(path.replace(ESCAPE, normaliseEscape));
}

function normaliseEscape(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
  return UNRESERVED.test(character) ? character : escaped.toUpperCase();
}

/** RFC 3986 5.2.4 over merged slashes. A last segment of dots names a directory, so a slash stays behind it. */
function resolveDots(path: string): string | undefined {
  const kept: string[] = [];
  const segments = path.split('/');
  for (const segment of segments) {
    if (DISGUISED_DOTS.test(segment)) return undefined;
    if (segment === '..' && kept.pop() === undefined) return undefined;
    if (segment !== '' && segment !== '.' && segment !== '..') kept.push(segment);
  }
  const last = segments.at(-1);
  const isDirectory = last === '' || last === '.' || last === '..';
  return isDirectory && kept.length > 0 ? `/${kept.join('/')}/` : `/${kept.join('/')}`;
}
