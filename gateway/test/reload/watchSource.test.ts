import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ApiClient } from '../../src/apiServer/apiClient.ts';
import { ServiceAccount } from '../../src/apiServer/serviceAccount.ts';
import { WatchSource } from '../../src/reload/watchSource.ts';
import { ApiStub, status } from '../apiServer/apiStub.ts';
import { eventually } from '../support/eventually.ts';
import { ManualTimers } from '../support/manualTimers.ts';

const configMaps = '/api/v1/namespaces/infra/configmaps';
const secrets = '/api/v1/namespaces/infra/secrets';

let stub: ApiStub;
let account: string;
let timers: ManualTimers;
let source: WatchSource;
const offered: string[] = [];
const problems: string[] = [];

function create(server = stub.url): WatchSource {
  const client = new ApiClient({ server, account: new ServiceAccount(account, timers.now), timers });
  return new WatchSource({ client, namespace: 'infra', fleet: 'edge', timers, random: () => 0.5, firstListMs: 3_000 });
}

function start(): Promise<void> {
  return source.start({
    onIndex: (kind, text) => offered.push(`${kind}: ${text}`),
    onProblem: (message) => problems.push(message),
  });
}

/** Starts, and waits until all three are watched. */
async function follow(): Promise<void> {
  await start();
  await timers.waits(75_000, 75_000, 3);
}

function routes(text: string): object {
  return { metadata: { name: 'edge-routes' }, data: { 'routes.json': text } };
}

function restarts(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason, count } of source.restarts()) counts[reason] = (counts[reason] ?? 0) + count;
  return counts;
}

/** Lets a wait before the next attempt pass. */
async function afterBackoff(): Promise<void> {
  await timers.waits(1, 10_001);
  timers.pass(10_001);
}

beforeEach(async () => {
  stub = await ApiStub.start();
  account = await mkdtemp(join(tmpdir(), 'evergate-account-'));
  await writeFile(join(account, 'token'), 'token-1\n');
  stub.objects.set(`${configMaps}/edge-routes`, routes('routes 1'));
  stub.objects.set(`${secrets}/edge-secrets`, {
    data: { 'secrets.json': Buffer.from('secrets 1').toString('base64') },
  });
  timers = new ManualTimers();
  source = create();
  offered.length = 0;
  problems.length = 0;
});

afterEach(async () => {
  await source.close();
  await stub[Symbol.asyncDispose]();
  await rm(account, { recursive: true });
});

describe('WatchSource', () => {
  test('reports what is there at the start and every change after it, asking for its three objects by name alone', async () => {
    await start();
    expect(offered.toSorted()).toEqual(['routes: routes 1', 'secrets: secrets 1']);
    await stub.event('edge-routes', 'MODIFIED', routes('routes 2'));
    await stub.event('edge-endpoints', 'ADDED', { data: { 'endpoints.json': 'endpoints 1' } });
    await eventually('both are reported', () => offered.length === 4);
    expect(offered.slice(2).toSorted()).toEqual(['endpoints: endpoints 1', 'routes: routes 2']);
    const paths = new Set(stub.asked.map(({ path, query }) => `${path} ${query['fieldSelector']}`));
    expect([...paths].toSorted()).toEqual([
      `${configMaps} metadata.name=edge-endpoints`,
      `${configMaps} metadata.name=edge-routes`,
      `${secrets} metadata.name=edge-secrets`,
    ]);
    expect(stub.asked.filter(({ query }) => query['watch'] === '1')[0]?.query).toMatchObject({
      resourceVersion: '7',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '450',
    });
    expect(source.contact.lostSince).toBeUndefined();
  });

  test('takes a deleted index for no news, and one that is written again as it was for none', async () => {
    await start();
    await stub.event('edge-routes', 'DELETED', routes('routes 1'));
    await stub.event('edge-routes', 'ADDED', routes('routes 1'));
    await stub.event('edge-routes', 'BOOKMARK', { metadata: { resourceVersion: '9' } });
    await stub.event('edge-routes', 'MODIFIED', routes('routes 2'));
    await eventually('the change is reported', () => offered.includes('routes: routes 2'));
    expect(offered).toHaveLength(3);
  });

  test('reads parts as they are stored, by name', async () => {
    const gzip = gzipSync('compressed part');
    stub.objects.set(`${configMaps}/edge-routes-0-a`, { data: { 'routes-0-a.json': 'part, ünencoded' } });
    stub.objects.set(`${configMaps}/edge-routes-0-b`, {
      binaryData: { 'routes-0-b.json.gz': gzip.toString('base64') },
    });
    const part = { name: '0', slot: 'a', hash: '' } as const;
    expect(String(await source.readPart('routes', part))).toBe('part, ünencoded');
    expect(await source.readPart('routes', { ...part, slot: 'b', encoding: 'gzip' })).toEqual(gzip);
    await expect(source.readPart('routes', { ...part, slot: 'b' })).rejects.toThrow(
      'edge-routes-0-b has no routes-0-b.json',
    );
    await expect(source.readPart('endpoints', part)).rejects.toThrow('answered 404: there is none');
  });

  test('begins again at once when a watch ends in time, from a list', async () => {
    await follow();
    await stub.send('edge-routes', '');
    timers.pass(60_000);
    stub.objects.set(`${configMaps}/edge-routes`, routes('routes 2'));
    await stub.end('edge-routes');
    await timers.waits(1, 101);
    timers.pass(101);
    await eventually('the change in between is reported', () => offered.includes('routes: routes 2'));
    expect(problems).toEqual([]);
    expect(restarts()).toMatchObject({ Ended: 1, Failed: 0 });
    expect(source.contact.lostSince).toBeUndefined();
  });

  test.each([
    [
      'is cut in the middle of a line',
      async () => {
        await stub.send('edge-routes', '{"type":"MODIF');
        await stub.cut('edge-routes');
      },
    ],
    ['sends what is no JSON', () => stub.send('edge-routes', 'garbage\n')],
    ['sends a line without an end', () => stub.send('edge-routes', 'x'.repeat(5 * 1_048_576))],
    ['sends an error', () => stub.event('edge-routes', 'ERROR', { code: 500, message: 'etcd is away' })],
  ])('begins again when the watch %s, and says so once', async (_, fault) => {
    await follow();
    await fault();
    await eventually('the loss is noted', () => problems.length === 1);
    expect(problems[0]).toMatch(/^the API server, asked for edge-routes, /);
    expect(source.contact.lostSince).toBe(timers.now());
    stub.objects.set(`${configMaps}/edge-routes`, routes('routes 2'));
    await afterBackoff();
    await eventually('the change in between is reported', () => offered.includes('routes: routes 2'));
    await eventually('all are followed', () => source.contact.lostSince === undefined);
    expect(restarts()).toMatchObject({ Failed: 1 });
  });

  test.each([
    ['in the stream', () => stub.event('edge-routes', 'ERROR', { code: 410, message: 'too old' })],
    [
      'as an answer',
      async () => {
        stub.fault = ({ query }, response) => {
          if (query['watch'] !== '1') return false;
          stub.fault = () => false;
          status(response, 410, 'too old');
          return true;
        };
        await stub.end('edge-routes');
        await afterBackoff();
      },
    ],
  ])('lists again where its version is too old, told %s, and takes that for no trouble', async (_, expire) => {
    await follow();
    await expire();
    await eventually('it is noted', () => restarts()['Expired'] === 1);
    stub.objects.set(`${configMaps}/edge-routes`, routes('routes 2'));
    await afterBackoff();
    await eventually('the change in between is reported', () => offered.includes('routes: routes 2'));
    expect(problems).toEqual([]);
  });

  test('waits ever longer while the server fails, and says so once', async () => {
    stub.fault = ({ query }, response) => {
      if (!query['fieldSelector']?.endsWith('edge-routes')) return false;
      status(response, 500, 'etcd is away');
      return true;
    };
    const starting = start();
    await timers.waits(75_000, 75_000, 2);
    for (const boundMs of [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]) {
      const waitMs = 1 + boundMs / 2;
      await timers.waits(waitMs, waitMs);
      timers.pass(waitMs);
    }
    await starting;
    expect(problems).toEqual(['the API server, asked for edge-routes, answered 500: etcd is away']);
    expect(offered).toEqual(['secrets: secrets 1']);
    await timers.waits(5_001, 5_001);
    stub.fault = () => false;
    timers.pass(5_001);
    await eventually('it is reported at last', () => offered.includes('routes: routes 1'));
  });

  test('leaves a server alone that asks for it, for as long as that asks, within reason', async () => {
    let seconds = '7';
    stub.fault = ({ query }, response) => {
      if (!query['fieldSelector']?.endsWith('edge-routes')) return false;
      response.setHeader('retry-after', seconds);
      status(response, 429, 'too many requests');
      return true;
    };
    const starting = start();
    await timers.waits(75_000, 75_000, 2);
    await timers.waits(7_051, 7_051);
    seconds = '86400';
    timers.pass(7_051);
    await starting;
    await timers.waits(30_101, 30_101);
  });

  test('gives a server up that sends nothing, not even a bookmark', async () => {
    await follow();
    await stub.event('edge-routes', 'MODIFIED', routes('routes 2'));
    await stub.send('edge-secrets', '');
    await stub.send('edge-endpoints', '');
    await eventually('the watch works', () => offered.includes('routes: routes 2'));
    timers.pass(60_000);
    await stub.event('edge-routes', 'BOOKMARK', {});
    await stub.event('edge-routes', 'MODIFIED', routes('routes 3'));
    await eventually('the bookmark was heard', () => offered.includes('routes: routes 3'));
    timers.pass(20_000);
    await eventually('the two silent ones are given up', () => restarts()['Silent'] === 2);
    expect(problems.toSorted()[0]).toBe('the API server, asked for edge-endpoints, nothing came for 75000 ms');
    expect(stub.watchesOf('edge-routes')).toBe(1);
    await afterBackoff();
    await eventually('they are watched again', () => stub.watchesOf('edge-endpoints') === 2);
  });

  test('starts without its first list after 3 s, and reports that later', async () => {
    let release: () => void = () => {};
    stub.fault = ({ path, query }, response) => {
      if (path !== configMaps || query['watch'] === '1') return false;
      const before = release;
      release = () => {
        before();
        response.end(JSON.stringify({ metadata: { resourceVersion: '7' }, items: [routes('late')] }));
      };
      return true;
    };
    let started = false;
    const starting = start().then(() => {
      started = true;
    });
    await eventually('it asked', () => stub.asked.length >= 3);
    timers.pass(2_999);
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(started).toBe(false);
    timers.pass(1);
    await starting;
    expect(source.contact.lostSince).toBe(timers.now() - 3_000);
    release();
    await eventually('it is reported', () => offered.includes('routes: late'));
  });

  test('gives an answer up that does not come', async () => {
    stub.fault = ({ path }) => path === `${configMaps}/edge-routes-0-a`;
    const reading = source.readPart('routes', { name: '0', slot: 'a', hash: '' });
    await eventually('it asked', () => stub.asked.length === 1);
    timers.pass(2_000);
    await expect(reading).rejects.toThrow('gave no answer within 2000 ms');
  });

  test('asks for no part while it has lost the document: what is not there must not hold up what is', async () => {
    await follow();
    await stub.cut('edge-routes');
    await eventually('the loss is noted', () => problems.length === 1);
    const before = stub.asked.length;
    await expect(source.readPart('routes', { name: '0', slot: 'a', hash: '' })).rejects.toThrow('the API server ');
    expect(stub.asked).toHaveLength(before);
  });

  test('uses the token that stands in the file now', async () => {
    await start();
    await writeFile(join(account, 'token'), 'token-2');
    await source.readPart('routes', { name: '0', slot: 'a', hash: '' }).catch(() => {});
    timers.pass(10_000);
    await source.readPart('routes', { name: '0', slot: 'a', hash: '' }).catch(() => {});
    expect(stub.asked.slice(-2).map(({ token }) => token)).toEqual(['token-1', 'token-2']);
  });

  test('reads the token again at once when the server does not accept it', async () => {
    await start();
    await writeFile(join(account, 'token'), 'token-2');
    stub.objects.set(`${configMaps}/edge-routes-0-a`, { data: { 'routes-0-a.json': 'part' } });
    stub.fault = ({ token }, response) => {
      if (token === 'token-2') return false;
      status(response, 401, 'Unauthorized');
      return true;
    };
    expect(String(await source.readPart('routes', { name: '0', slot: 'a', hash: '' }))).toBe('part');
  });

  test('goes on trying where nobody listens, where there is no token and where the token is garbage', async () => {
    await source.close();
    for (const [token, message] of [
      ['token-1', 'cannot be reached: ECONNREFUSED'],
      ['tok\u0000en', 'the file token holds no token'],
    ] as const) {
      await writeFile(join(account, 'token'), token);
      problems.length = 0;
      source = create('http://127.0.0.1:9');
      const starting = start();
      await eventually('each says so', () => problems.length === 3);
      expect(problems[0]).toMatch(new RegExp(`${message}$`));
      timers.pass(3_000);
      await starting;
      await source.close();
    }
  });

  test('reports nothing after it is closed', async () => {
    await start();
    await stub.send('edge-routes', '');
    const before = offered.length;
    await source.close();
    expect(offered).toHaveLength(before);
    expect(problems).toEqual([]);
    await expect(source.readPart('routes', { name: '0', slot: 'a', hash: '' })).rejects.toThrow();
  });
});
