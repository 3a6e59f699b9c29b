import { request as httpRequest } from 'node:http';
import type { Rule } from '@evergate/contract/routeTable';
import { sampleSettings } from '@evergate/contract/test/sampleSettings';
import { createLog } from '@evergate/process/log';
import type { SidePort } from '@evergate/process/sidePort';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type AdminPortOptions, createAdminPort, type ServedConfig } from '../src/adminPort.ts';

const order = { fleetUID: 'f', epoch: 1, sequence: 4182, revision: 'a'.repeat(64) };

const settings = sampleSettings();

function ruleAt(position: number): Rule {
  return {
    id: `shop/orders/${position}`,
    route: { namespace: 'shop', name: 'orders', uid: 'u', generation: 7, createdAt: 0 },
    name: String(position),
    position,
    listeners: ['http'],
    hostnames: ['shop.example.com'],
    matches: [{ path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] }],
    filters: [],
    backends: [],
    timeouts: {},
    limits: {},
  };
}

function configOf(rules: Iterable<Rule>): ServedConfig {
  return { order, settings, rules };
}

let port: SidePort | undefined;

async function start(overrides: Partial<AdminPortOptions> = {}): Promise<string> {
  port = createAdminPort({
    port: 0,
    log: createLog({ level: 'error', write: () => {}, now: () => 0 }),
    drain: async () => {},
    served: () => configOf([ruleAt(0)]),
    backends: () => [],
    ...overrides,
  });
  return `http://127.0.0.1:${await port.listen()}`;
}

/** `fetch` may not choose these headers. */
async function statusWith(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  httpRequest(url, { headers }, (answer) => {
    answer.resume();
    resolve(answer.statusCode);
  })
    .on('error', reject)
    .end();
  return promise;
}

afterEach(async () => {
  await port?.close();
  port = undefined;
});

describe('the admin port', () => {
  test.each(['GET', 'POST'])(
    '%s /drain begins at once and is answered when endpoints had time to hear of it',
    async (method) => {
      const begun = Promise.withResolvers<void>();
      const propagated = Promise.withResolvers<void>();
      let answered = false;
      const url = await start({
        drain: () => {
          begun.resolve();
          return propagated.promise;
        },
      });
      const answer = fetch(`${url}/drain`, { method }).then((response) => {
        answered = true;
        return response.json();
      });
      await begun.promise;
      expect(answered).toBe(false);
      propagated.resolve();
      expect(await answer).toEqual({ draining: true });
    },
  );

  test('the rules served come as one JSON document', async () => {
    const url = await start({ served: () => configOf([ruleAt(0), ruleAt(1)]) });
    expect(await (await fetch(`${url}/routes`)).json()).toEqual({ order, rules: [ruleAt(0), ruleAt(1)] });
  });

  test('10,000 rules are written in slices, and arrive whole', async () => {
    const rules = Array.from({ length: 10_000 }, (_, index) => ruleAt(index));
    const url = await start({ served: () => configOf(rules) });
    const body = (await (await fetch(`${url}/routes`)).json()) as { rules: unknown[] };
    expect(body.rules).toHaveLength(10_000);
  });

  test('the settings come with the order of their table', async () => {
    expect(await (await fetch(`${await start()}/config`)).json()).toEqual({ order, settings });
  });

  test('each backend comes with the state of its endpoints', async () => {
    const endpoint = { address: '10.0.0.1:8080', usable: true, inFlight: 2, idleConnections: 1, state: 'Healthy' };
    const backends = [{ id: 'shop/orders:80', policy: 'LeastRequests', endpoints: [endpoint] }];
    const url = await start({ backends: () => backends });
    expect(await (await fetch(`${url}/endpoints`)).json()).toEqual({ backends });
  });

  test.each(['/routes', '/config'])('before the first table %s says so', async (path) => {
    const answer = await fetch(`${await start({ served: () => undefined })}${path}`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ error: 'no table is served yet' });
  });

  test.each([
    [{ host: 'localhost:9091' }, 200],
    [{ host: '127.0.0.1' }, 200],
    [{ host: '[::1]:9091' }, 200],
    [{ host: 'localhost', 'sec-fetch-site': 'none' }, 200],
    [{ host: 'attacker.example' }, 403],
    [{ host: 'localhost.attacker.example' }, 403],
    [{ host: '127.0.0.1@attacker.example' }, 403],
    [{ host: 'localhost', origin: 'https://attacker.example' }, 403],
    [{ host: 'localhost', 'sec-fetch-site': 'cross-site' }, 403],
  ])('a request with %j is answered %d', async (headers, status) => {
    expect(await statusWith(`${await start()}/config`, headers)).toBe(status);
  });

  test('a web page cannot begin a drain', async () => {
    let drains = 0;
    const url = await start({
      drain: async () => {
        drains += 1;
      },
    });
    expect(await statusWith(`${url}/drain`, { host: 'localhost', 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(drains).toBe(0);
  });

  test('other methods are refused with what is allowed', async () => {
    const answer = await fetch(`${await start()}/drain`, { method: 'DELETE' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, POST');
    expect(await answer.text()).toBe('/drain answers GET, POST\n');
  });
});
