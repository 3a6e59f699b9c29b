import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DocumentOrder } from '@evergate/contract/document';
import type { FleetSettings, Rule } from '@evergate/contract/routeTable';
import type { Logger } from '@evergate/process/log';
import { type SideHandler, SidePort, sendJson } from '@evergate/process/sidePort';
import { writeSliced } from './observe/slicedWriter.ts';

const MAX_CONNECTIONS = 16;
/** A drain is answered after the propagation delay, which may be long. */
const ANSWER_TIMEOUT_MS = 600_000;
const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?$/i;

/** A backend as it stands now. */
export interface BackendReport {
  readonly id: string;
  readonly policy: string;
  readonly endpoints: readonly EndpointReport[];
}

export interface EndpointReport {
  /** `address:port`. */
  readonly address: string;
  /** It may be chosen. */
  readonly usable: boolean;
  readonly inFlight: number;
  readonly idleConnections: number;
  /** What is known of its health: `Healthy`, `Unreachable`, `Unhealthy`, `Ejected` or `OnTrial`. */
  readonly state: string;
}

/** What is served now. Rules are read one by one, while the answer is written. */
export interface ServedConfig {
  readonly order: DocumentOrder;
  readonly settings: FleetSettings;
  readonly rules: Iterable<Rule>;
}

export interface AdminPortOptions {
  readonly port: number;
  readonly log: Logger;
  /** Begins the drain at once, if it has not begun, and resolves after the propagation delay. */
  readonly drain: () => Promise<void>;
  /** Undefined before the first table. */
  readonly served: () => ServedConfig | undefined;
  readonly backends: () => Iterable<BackendReport>;
}

/**
 * The port for whoever is on this machine or in this pod: the preStop hook, and an operator through a port-forward. It listens on
 * loopback only, and refuses what a browser sends, so that a web page cannot reach it.
 */
export function createAdminPort(options: AdminPortOptions): SidePort {
  const { port, log, drain, served, backends } = options;
  return new SidePort({
    name: 'admin',
    host: '127.0.0.1',
    port,
    log,
    maxConnections: MAX_CONNECTIONS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    refuse: refuseBrowsers,
    handlers: {
      '/drain': {
        methods: ['GET', 'POST'],
        async serve(response) {
          await drain();
          sendJson(response, 200, { draining: true });
        },
      },
      '/routes': whileServing(served, ({ order, rules }, response, signal) =>
        sendLong(response, listJson({ order }, 'rules', rules), signal),
      ),
      '/config': whileServing(served, ({ order, settings }, response) => sendJson(response, 200, { order, settings })),
      '/endpoints': {
        methods: ['GET', 'HEAD'],
        serve: (response, signal) => sendLong(response, listJson({}, 'backends', backends()), signal),
      },
    },
  });
}

/**
 * A page from elsewhere can send simple requests to loopback, and by DNS rebinding read the answers. Browsers mark the first with
 * `Origin` or `Sec-Fetch-Site`; in the second the Host is the page's.
 */
function refuseBrowsers({ headers }: IncomingMessage): string | undefined {
  if (!LOOPBACK.test(headers.host ?? '')) return 'the Host must be localhost, 127.0.0.1 or [::1]';
  const site = headers['sec-fetch-site'];
  const fromPage = headers.origin !== undefined || (site !== undefined && site !== 'none');
  return fromPage ? 'requests from web pages are not answered' : undefined;
}

function whileServing(
  served: AdminPortOptions['served'],
  serve: (config: ServedConfig, response: ServerResponse, signal: AbortSignal) => Promise<void> | void,
): SideHandler {
  return {
    methods: ['GET', 'HEAD'],
    serve(response, signal) {
      const config = served();
      if (config === undefined) return sendJson(response, 503, { error: 'no table is served yet' });
      return serve(config, response, signal);
    },
  };
}

async function sendLong(response: ServerResponse, chunks: Iterable<string>, signal: AbortSignal): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  await writeSliced(chunks, response, signal);
  response.end();
}

/** The JSON object `head` with one more field, a list whose items are written one at a time. */
function* listJson(head: object, name: string, items: Iterable<unknown>): Generator<string> {
  const start = JSON.stringify(head).slice(0, -1);
  yield `${start}${start === '{' ? '' : ','}${JSON.stringify(name)}:[`;
  let separator = '\n';
  for (const item of items) {
    yield separator + JSON.stringify(item);
    separator = ',\n';
  }
  yield '\n]}\n';
}
