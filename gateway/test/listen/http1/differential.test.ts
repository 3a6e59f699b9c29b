import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inChunks, legal, refused, refusedChunks } from './messages.ts';
import { limits, parse } from './parse.ts';

/** A request as node:http's strict parser (llhttp) reads it. */
interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: readonly string[];
  body: string;
}

interface Seen {
  readonly requests: readonly SeenRequest[];
  readonly refused: boolean;
}

/** Not what the bytes are, but what came of the connection. */
const NO_REFUSAL: ReadonlySet<string> = new Set(['HPE_INVALID_EOF_STATE', 'HPE_CLOSED_CONNECTION', 'ECONNRESET']);

let server: Server;
let requests: SeenRequest[] = [];
let failures: string[] = [];
beforeAll(() => {
  server = createServer({
    insecureHTTPParser: false,
    requireHostHeader: false,
    maxHeaderSize: limits.maxHeaderBytes,
    shouldUpgradeCallback: () => false,
  });
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = '', url: target = '', httpVersion: version, rawHeaders: headers } = request;
    const seen = { method, target, version, headers, body: '' };
    requests.push(seen);
    request.on('data', (chunk: Buffer) => {
      seen.body += chunk.toString('latin1');
    });
    response.end();
  };
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, take);
  server.on('connect', (_request, socket) => socket.destroy());
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!NO_REFUSAL.has(error.code ?? '')) failures.push(error.code ?? error.message);
    socket.destroy();
  });
});
afterAll(() => void server.close());

async function readByNode(bytes: string): Promise<Seen> {
  requests = [];
  failures = [];
  const [client, side] = duplexPair();
  server.emit('connection', side);
  client.end(Buffer.from(bytes, 'latin1'));
  await text(client).catch(() => '');
  return { requests, refused: failures.length > 0 };
}

/** node:http refuses a method by its first letters, we when it has ended. */
const SOME_REST = ' / HTTP/1.1\r\nHost: shop\r\n\r\n';

/** What both take they read alike, and what node:http refuses is refused here. */
async function compare(bytes: string): Promise<void> {
  const node = await readByNode(bytes);
  const ours = parse([bytes]);
  for (const [index, { head, body, isComplete }] of ours.requests.entries()) {
    const theirs = node.requests[index];
    // node:http stops at a request that ends its connection.
    if (theirs === undefined && ours.requests[index - 1]?.head.persistent === false) return;
    expect({ ...theirs, body: isComplete ? theirs?.body : '' }).toEqual({
      method: head.method,
      target: head.target.startsWith('/') && theirs?.target.startsWith('/') === true ? head.target : theirs?.target,
      version: head.version,
      headers: head.headers,
      body: isComplete ? body : '',
    });
    if (!head.persistent) return;
  }
  if (node.refused) expect(parse([bytes + SOME_REST]).outcome).toMatch(/^(?:Refused|Broken): /);
}

const corpus = [
  ...legal.map(({ bytes }) => bytes),
  ...refused.map(({ bytes }) => bytes),
  ...refusedChunks.map(({ body }) => inChunks(body)),
];

describe('beside the strict parser of node:http', () => {
  test.each(corpus)('nothing is taken that it refuses, nor read in another way: %j', (bytes) => compare(bytes + bytes));

  test('the same holds for what is nearly legal', async () => {
    const odd = fc.oneof(
      { weight: 2, arbitrary: fc.nat(255).map((code) => String.fromCharCode(code)) },
      {
        weight: 3,
        arbitrary: fc.constantFrom('\r', '\n', '\r\n', ' ', '\t', ':', ',', ';', '"', '\\', '\0', '0', '=', ''),
      },
    );
    const edit = fc.record({ at: fc.nat(400), drop: fc.nat(2), add: odd });
    const message = fc
      .tuple(
        fc.constantFrom(...corpus.filter(({ length }) => length < 500)),
        fc.array(edit, { minLength: 1, maxLength: 3 }),
      )
      .map(([bytes, edits]) => edits.reduce(applied, bytes));
    await fc.assert(
      fc.asyncProperty(message, fc.constantFrom('', ...corpus.slice(0, 3)), (bytes, next) => compare(bytes + next)),
      {
        numRuns: 4_000,
        seed: 13,
      },
    );
  }, 60_000);
});

function applied(text: string, { at, drop, add }: { at: number; drop: number; add: string }): string {
  const place = at % (text.length + 1);
  return text.slice(0, place) + add + text.slice(place + drop);
}
