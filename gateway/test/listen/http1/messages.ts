/** Requests that every server must take, and what they mean. */
export interface Legal {
  readonly name: string;
  readonly bytes: string;
  readonly method?: string;
  readonly target?: string;
  readonly body?: string;
}

const HOST = 'Host: shop\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

export const legal: readonly Legal[] = [
  { name: 'a GET', bytes: `GET / HTTP/1.1\r\n${HOST}\r\n` },
  {
    name: 'a target with everything',
    bytes: `GET /a!$&'()*+,;=:@-._~/%20?"<>[]^\`{|}~/? HTTP/1.1\r\n${HOST}\r\n`,
    target: '/a!$&\'()*+,;=:@-._~/%20?"<>[]^`{|}~/?',
  },
  { name: 'an absolute target', bytes: `GET http://shop/a?b HTTP/1.1\r\n${HOST}\r\n`, target: '/a?b' },
  { name: 'a rare method', bytes: `M-SEARCH / HTTP/1.1\r\n${HOST}\r\n`, method: 'M-SEARCH' },
  { name: 'HTTP/1.0', bytes: 'GET / HTTP/1.0\r\n\r\n' },
  { name: 'an empty line before', bytes: `\r\nGET / HTTP/1.1\r\n${HOST}\r\n` },
  { name: 'an empty value', bytes: `GET / HTTP/1.1\r\n${HOST}X:\r\n\r\n` },
  { name: 'a value of blanks', bytes: `GET / HTTP/1.1\r\n${HOST}X: \t \r\n\r\n` },
  { name: 'blanks around values', bytes: `GET / HTTP/1.1\r\nHost:\t shop \t\r\nX:a  b\r\n\r\n` },
  { name: 'values of eight bits', bytes: `GET / HTTP/1.1\r\n${HOST}X: \x80\xff\r\n\r\n` },
  { name: 'a name of every token character', bytes: `GET / HTTP/1.1\r\n${HOST}!#$%&'*+-.^_\`|~09azAZ: 1\r\n\r\n` },
  { name: 'a length', bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`, method: 'POST', body: 'abc' },
  { name: 'a length of 0', bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`, method: 'POST' },
  {
    name: 'a length with zeros before',
    bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: 003\r\n\r\nabc`,
    method: 'POST',
    body: 'abc',
  },
  {
    name: 'chunks',
    bytes: `POST / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n`,
    method: 'POST',
    body: 'abc0123456789',
  },
  { name: 'no chunk', bytes: `POST / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n0\r\n\r\n`, method: 'POST' },
  {
    name: 'chunk sizes with zeros before',
    bytes: `POST / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n0003\r\nabc\r\n000\r\n\r\n`,
    method: 'POST',
    body: 'abc',
  },
  {
    name: 'chunk extensions',
    bytes: `POST / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n3;a;b=c;d="e\\"; \tf";g=h\r\nabc\r\n0;z\r\n\r\n`,
    method: 'POST',
    body: 'abc',
  },
  {
    name: 'trailers',
    bytes: `POST / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n1\r\na\r\n0\r\nX: 1\r\nY:\r\n\r\n`,
    method: 'POST',
    body: 'a',
  },
  {
    name: 'line ends in a body',
    bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\n\r\n\r\n`,
    method: 'POST',
    body: '\r\n\r\n',
  },
];

/** What must be refused wherever it comes behind anything: no request, or one with two meanings. */
export const refused: readonly { readonly name: string; readonly bytes: string; readonly reason?: string }[] = [
  {
    name: 'a bare line feed behind the request line',
    bytes: `GET / HTTP/1.1\n${HOST}\r\n`,
    reason: 'VersionNotSupported',
  },
  { name: 'a bare line feed behind a field', bytes: 'GET / HTTP/1.1\r\nHost: shop\n\r\n' },
  { name: 'a bare line feed for the empty line', bytes: `GET / HTTP/1.1\r\n${HOST}\n` },
  { name: 'a bare carriage return behind a field', bytes: 'GET / HTTP/1.1\r\nHost: shop\rX: 1\r\n\r\n' },
  { name: 'a bare carriage return before the request line', bytes: `\rGET / HTTP/1.1\r\n${HOST}\r\n` },
  { name: 'a line feed before the request line', bytes: `\nGET / HTTP/1.1\r\n${HOST}\r\n` },
  { name: 'a folded field', bytes: `GET / HTTP/1.1\r\n${HOST}X: a\r\n b\r\n\r\n` },
  { name: 'a fold before the first field', bytes: `GET / HTTP/1.1\r\n\t${HOST}\r\n` },
  { name: 'a blank before a colon', bytes: `GET / HTTP/1.1\r\n${HOST}X : a\r\n\r\n` },
  { name: 'a field without a name', bytes: `GET / HTTP/1.1\r\n${HOST}: a\r\n\r\n` },
  { name: 'a field without a colon', bytes: `GET / HTTP/1.1\r\n${HOST}X\r\n\r\n` },
  { name: 'a control character in a name', bytes: `GET / HTTP/1.1\r\n${HOST}X\x00: a\r\n\r\n` },
  { name: 'eight bits in a name', bytes: `GET / HTTP/1.1\r\n${HOST}X\xe9: a\r\n\r\n` },
  { name: 'NUL in a value', bytes: `GET / HTTP/1.1\r\n${HOST}X: a\x00\r\n\r\n` },
  { name: 'DEL in a value', bytes: `GET / HTTP/1.1\r\n${HOST}X: a\x7f\r\n\r\n` },
  { name: 'a vertical tab before a value', bytes: `GET / HTTP/1.1\r\n${HOST}X:\x0ba\r\n\r\n` },
  { name: 'a fragment', bytes: `GET /a#b HTTP/1.1\r\n${HOST}\r\n`, reason: 'BadTarget' },
  { name: 'eight bits in the target', bytes: `GET /\xe9 HTTP/1.1\r\n${HOST}\r\n` },
  { name: 'no target', bytes: `GET  HTTP/1.1\r\n${HOST}\r\n`, reason: 'VersionNotSupported' },
  { name: 'HTTP/0.9', bytes: 'GET /\r\n', reason: 'VersionNotSupported' },
  { name: 'HTTP/2.0', bytes: `GET / HTTP/2.0\r\n${HOST}\r\n`, reason: 'VersionNotSupported' },
  { name: 'HTTP/1.10', bytes: `GET / HTTP/1.10\r\n${HOST}\r\n`, reason: 'VersionNotSupported' },
  { name: 'another protocol', bytes: `GET / HTTQ/1.1\r\n${HOST}\r\n` },
  { name: 'an unknown method', bytes: `GETS / HTTP/1.1\r\n${HOST}\r\n` },
  { name: 'a method that never ends', bytes: 'A'.repeat(20) },
  { name: 'the preface of HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
  { name: 'CONNECT', bytes: `CONNECT shop:80 HTTP/1.1\r\n${HOST}\r\n`, reason: 'MethodNotSupported' },
  { name: 'another expectation', bytes: `GET / HTTP/1.1\r\n${HOST}Expect: tea\r\n\r\n`, reason: 'ExpectationFailed' },
  {
    name: 'two expectations',
    bytes: `GET / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nExpect: tea\r\n\r\n`,
    reason: 'ExpectationFailed',
  },
  { name: 'a length and chunks', bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\n${CHUNKED}\r\n` },
  { name: 'chunks and a length', bytes: `POST / HTTP/1.1\r\n${HOST}${CHUNKED}Content-Length: 1\r\n\r\n` },
  { name: 'two lengths that agree', bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\n` },
  { name: 'chunks twice', bytes: `POST / HTTP/1.1\r\n${HOST}${CHUNKED}${CHUNKED}\r\n` },
  { name: 'chunks in HTTP/1.0', bytes: `POST / HTTP/1.0\r\n${HOST}${CHUNKED}\r\n` },
  { name: 'another coding', bytes: `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n` },
  { name: 'a length in hexadecimal', bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: 0x1\r\n\r\n` },
  {
    name: 'a length that no number holds',
    bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: 9007199254740992\r\n\r\n`,
  },
];

/** Bodies in chunks that must be refused. */
export const refusedChunks: readonly { readonly name: string; readonly body: string }[] = [
  { name: 'no size', body: '\r\nabc' },
  { name: 'a size with a sign', body: '+1\r\na\r\n' },
  { name: 'a size with a prefix', body: '0x1\r\na\r\n' },
  { name: 'a size with a blank before', body: ' 1\r\na\r\n' },
  { name: 'a size with a blank behind', body: '1 \r\na\r\n' },
  { name: 'a size that no number holds', body: '20000000000000\r\n' },
  { name: 'a size of endless zeros', body: '00000000000000' },
  { name: 'a size that ends in a line feed', body: '1\na\r\n' },
  { name: 'a size that ends in a carriage return', body: '1\rXa\r\n' },
  { name: 'data that goes on', body: '1\r\nab\r\n' },
  { name: 'data that ends in a line feed', body: '1\r\na\n0\r\n\r\n' },
  { name: 'an extension without a name', body: '1;\r\na\r\n' },
  { name: 'a blank before an extension', body: '1 ;a\r\na\r\n' },
  { name: 'a blank in an extension', body: '1; a\r\na\r\n' },
  { name: 'an extension without a value', body: '1;a=\r\na\r\n' },
  { name: 'a line feed in an extension', body: '1;a\nb\r\na\r\n' },
  { name: 'a carriage return in quotes', body: '1;a="\r\n"\r\na\r\n' },
  { name: 'something behind quotes', body: '1;a="b"c\r\na\r\n' },
  { name: 'an endless extension', body: `1;${'a'.repeat(5_000)}` },
  { name: 'extensions without end', body: `1;${'a'.repeat(4_000)}\r\na\r\n`.repeat(5) },
  { name: 'a trailer that is no field', body: '0\r\nX : 1\r\n\r\n' },
  { name: 'a folded trailer', body: '0\r\nX: 1\r\n 2\r\n\r\n' },
  { name: 'a bare line feed behind trailers', body: '0\r\nX: 1\n\r\n' },
  { name: 'too many trailers', body: `0\r\n${'X: 1\r\n'.repeat(101)}` },
  { name: 'endless trailers', body: `0\r\nX: ${'a'.repeat(33_000)}` },
];

/** A request whose body is `body`. */
export function inChunks(body: string): string {
  return `POST / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n${body}`;
}
