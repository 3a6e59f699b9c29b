/** What a browser sends as `Origin` (RFC 6454 6.2): a scheme, a host, a port; not `null`, which every sandbox shares. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/i;

/**
 * Compiles Gateway API's `CORSOrigin`s into a test of an `Origin` header: exact, `*` for any, `https://*.example.com` for any
 * number of labels, `:*` for any port or none. What is no origin never passes, so what passes can be sent back.
 */
export function compileOrigins(patterns: readonly string[]): (origin: string) => boolean {
  const alternatives = patterns.map((pattern) => (pattern === '*' ? '.*' : originExpression(pattern)));
  const expression = new RegExp(`^(?:${alternatives.join('|')})$`, 'i');
  return (origin) => ORIGIN.test(origin) && expression.test(origin);
}

function originExpression(pattern: string): string {
  const [, scheme, host = '', port = ''] = /^([^:]*:\/\/)(.*?)(:[0-9]+|:\*)?$/.exec(pattern) ?? [];
  if (scheme === undefined) return literal(pattern);
  const hostExpression = host.split('*').map(literal).join('[a-z0-9._-]+');
  return literal(scheme) + hostExpression + (port === ':*' ? '(?::[0-9]{1,5})?' : literal(port));
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
