import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { type ArrivalBatch, Ledger } from './ledger.ts';

/** `POST /arrivals` takes a batch, `GET /runs/<run>` tells what arrived of a run. */
export function createLedgerServer(): Server {
  const ledger = new Ledger();
  return createServer((request, response) => {
    answer(ledger, request).then(
      (body) => response.end(JSON.stringify(body)),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      },
    );
  });
}

async function answer(ledger: Ledger, request: IncomingMessage): Promise<unknown> {
  const { method, url = '/' } = request;
  if (method === 'POST' && url === '/arrivals') {
    ledger.record(JSON.parse(await text(request)) as ArrivalBatch);
    return {};
  }
  const [, run] = url.match(/^\/runs\/([a-z0-9-]+)$/) ?? [];
  if (method === 'GET' && run !== undefined) return ledger.arrivals(run);
  return { status: 'UP' };
}
