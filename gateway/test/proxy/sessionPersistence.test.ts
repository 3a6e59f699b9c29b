import type { PersistenceSettings } from '@evergate/contract/persistenceSettings';
import { fleetKeyId, type SecretEntry } from '@evergate/contract/secrets';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { endpointOf, type GatewayOptions, GatewayUnderTest, to } from '../support/gatewayUnderTest.ts';
import { fieldValues } from '../support/messageReader.ts';
import { answer, RawUpstream } from '../support/rawUpstream.ts';

const NAME = 'shop-session';
let apps: RawUpstream[];
let ports: number[];
let gateways: GatewayUnderTest[] = [];

beforeAll(async () => {
  apps = await Promise.all(
    [0, 1, 2].map((which) => RawUpstream.start(({ socket }) => socket.write(answer(`${which}`)))),
  );
  ports = apps.map(({ port }) => port);
});

afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
  gateways = [];
});

afterAll(() => Promise.all(apps.map((app) => app[Symbol.asyncDispose]())));

function keyOf(text: string): SecretEntry {
  return { id: fleetKeyId, type: 'Opaque', data: { key: Buffer.from(text.padEnd(32, '.')).toString('base64') } };
}

function optionsOf(cookie: Partial<PersistenceSettings['cookie']> = {}, fields: GatewayOptions = {}): GatewayOptions {
  const sessionPersistence = { cookie: { name: NAME, sameSite: 'Lax' as const, ...cookie } };
  return {
    backends: { app: ports },
    rules: [to('app', { sessionPersistence })],
    secrets: [keyOf('a fleet')],
    ...fields,
  };
}

async function start(options: GatewayOptions = optionsOf()): Promise<GatewayUnderTest> {
  const gateway = await GatewayUnderTest.start(options);
  gateways.push(gateway);
  return gateway;
}

interface Answer {
  readonly status: string | undefined;
  /** Which of the backends. */
  readonly app: number;
  /** As they were set. */
  readonly cookies: readonly string[];
}

async function ask(gateway: GatewayUnderTest, fields = ''): Promise<Answer> {
  await using client = await gateway.client();
  client.send(`GET / HTTP/1.1\r\nHost: shop.example.com\r\n${fields}\r\n`);
  const response = await client.response();
  const { status, body } = response;
  return { status: String(status), app: Number(body), cookies: fieldValues(response, 'set-cookie') };
}

function cookie({ cookies }: Answer): string {
  return `Cookie: theme=dark; ${cookies[0]?.split(';')[0]}; other=1\r\n`;
}

describe('a client with a cookie of the gateway', () => {
  test('stays with its endpoint over three gateways, and others are balanced', async () => {
    const three = [await start(), await start(), await start()];
    const [first] = three as [GatewayUnderTest];
    const begun = await ask(first);
    const others = new Set<number>();
    for (let round = 0; round < 10; round++) {
      for (const gateway of three) {
        const kept = await ask(gateway, cookie(begun));
        expect([kept.app, kept.cookies]).toEqual([begun.app, []]);
        others.add((await ask(gateway)).app);
      }
    }
    expect([...others].sort()).toEqual([0, 1, 2]);
  });

  test('is told nothing of the endpoint, and nothing that grows', async () => {
    const { cookies } = await ask(await start());
    expect(cookies).toEqual([
      expect.stringMatching(/^shop-session=[A-Za-z0-9_-]{22}; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
    for (const port of ports) expect(cookies[0]).not.toContain(String(port));
  });

  test('gets it anew, with another endpoint, when its own is gone or not ready', async () => {
    const gateway = await start();
    const begun = await ask(gateway);
    const own = ports[begun.app] as number;
    const gone = ports.filter((port) => port !== own);
    const unready = ports.map((port) => endpointOf(port, port === own ? { ready: false, serving: false } : {}));
    for (const app of [gone, unready]) {
      gateway.serveEndpoints({ backends: { app } });
      const moved = await ask(gateway, cookie(begun));
      expect([moved.status, moved.app === begun.app, moved.cookies.length]).toEqual(['200', false, 1]);
      const kept = await ask(gateway, cookie(moved));
      expect([kept.app, kept.cookies]).toEqual([moved.app, []]);
    }
    gateway.serveEndpoints({ backends: { app: ports } });
    expect((await ask(gateway, cookie(begun))).app).toBe(begun.app);
  });

  test('is served by another one where its own refuses connections', async () => {
    const dying = await RawUpstream.start(({ socket }) => socket.write(answer('9')));
    const { port } = dying;
    const gateway = await start(optionsOf({}, { backends: { app: [port] } }));
    const begun = await ask(gateway);
    expect(begun.app).toBe(9);
    await dying[Symbol.asyncDispose]();
    gateway.serveEndpoints({ backends: { app: [port, ...ports] } });
    const sessionPersistence = { cookie: { name: NAME, sameSite: 'Lax' as const } };
    const rules = [to('app', { sessionPersistence, retry: undefined })];
    await gateway.serve(optionsOf({}, { rules, backends: { app: [port, ...ports] } }));
    const moved = await ask(gateway, cookie(begun));
    expect([moved.status, moved.cookies.length]).toEqual(['200', 1]);
    expect((await ask(gateway, cookie(moved))).app).toBe(moved.app);
  });

  test('keeps its backend too where a rule has several', async () => {
    const backends = { app: ports.slice(0, 1), canary: ports.slice(1) };
    const sessionPersistence = { cookie: { name: NAME, sameSite: 'Lax' as const } };
    const weights = [
      { backend: 'app', weight: 9 },
      { backend: 'canary', weight: 1 },
    ];
    const gateway = await start({
      ...optionsOf(),
      backends,
      rules: [to('app', { backends: weights, sessionPersistence })],
    });
    let chosen = await ask(gateway);
    for (let round = 0; round < 20 && chosen.app === 0; round++) chosen = await ask(gateway);
    expect(chosen.app).not.toBe(0);
    for (let round = 0; round < 20; round++) expect((await ask(gateway, cookie(chosen))).app).toBe(chosen.app);
  });
});

describe('a cookie that no gateway of the fleet made', () => {
  test.each([
    ['somebody made up', 'AAAAAAAAAAAAAAAAAAAAAA'],
    ['names an address', '127.0.0.1:80'],
    ['is empty', ''],
    ['is large', 'x'.repeat(8_000)],
    ['is a name of the language', '__proto__'],
  ])('and %s counts for nothing', async (_, value) => {
    const gateway = await start();
    const served = new Set<number>();
    for (let round = 0; round < 6; round++) {
      const { status, app, cookies } = await ask(gateway, `Cookie: ${NAME}=${value}\r\n`);
      expect([status, cookies.length]).toEqual(['200', 1]);
      served.add(app);
    }
    expect(served.size).toBe(3);
  });

  test('but one of another fleet, or of this one under another key, counts for nothing', async () => {
    const gateway = await start();
    const foreign = await ask(await start(optionsOf({}, { secrets: [keyOf('another fleet')] })));
    expect((await ask(gateway, cookie(foreign))).cookies).toHaveLength(1);
    const begun = await ask(gateway);
    await gateway.serve(optionsOf({}, { secrets: [keyOf('a new key')] }));
    expect((await ask(gateway, cookie(begun))).cookies).toHaveLength(1);
  });
});

test('a cookie lives as long, and comes from as far, as the rule says, and is secure where the client spoke https', async () => {
  const trusting = { clientAddress: { trustedHops: 0, trustedCIDRs: ['127.0.0.0/8'] } };
  const gateway = await start(optionsOf({ maxAgeSeconds: 3_600, sameSite: 'None' }, { traffic: trusting }));
  const [cookieOfHttps] = (await ask(gateway, 'X-Forwarded-Proto: https\r\n')).cookies;
  expect(cookieOfHttps).toMatch(/; Path=\/; Max-Age=3600; HttpOnly; SameSite=None; Secure$/);
  expect((await ask(gateway)).cookies[0]).toMatch(/; HttpOnly; SameSite=None$/);
  const doubting = await start();
  expect((await ask(doubting, 'X-Forwarded-Proto: https\r\n')).cookies[0]).not.toContain('Secure');
});
