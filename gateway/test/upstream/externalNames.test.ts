import { Resolver } from 'node:dns/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BackendCounters } from '../../src/observe/backendCounters.ts';
import { Backends } from '../../src/upstream/backends.ts';
import { ExternalNames } from '../../src/upstream/externalNames.ts';
import { forbiddenAddresses } from '../../src/upstream/forbiddenAddresses.ts';
import { DnsStub } from '../support/dnsStub.ts';
import { eventually } from '../support/eventually.ts';

const NAME = 'gateway.eu.example.com';
const settings = { id: 'app', loadBalancing: { policy: 'RoundRobin' }, connectTimeoutMs: 100 } as const;

let dns: DnsStub;
let names: ExternalNames;
let backends: Backends;
let clock: { now: number };
let counters: { dnsLookups: number; dnsFailures: number; dnsForbidden: number };

beforeEach(async () => {
  dns = await DnsStub.start();
  clock = { now: 1_000 };
  counters = { dnsLookups: 0, dnsFailures: 0, dnsForbidden: 0 };
  const servers = new Resolver({ timeout: 1_000, tries: 1 });
  servers.setServers([dns.server]);
  const isForbidden = forbiddenAddresses(['10.96.0.0/12']);
  names = new ExternalNames({
    servers,
    isForbidden: (address) => isForbidden(address) || backends.hasAddress(address),
    counters,
    clock: () => clock.now,
  });
  const slots = new BackendCounters({ limit: 10, graceMs: 0, now: () => 0 });
  backends = new Backends({ clock: () => clock.now }, slots, names);
});

afterEach(async () => {
  names.close();
  backends.close();
  await dns[Symbol.asyncDispose]();
});

function serve(hostname = NAME): void {
  backends.configure([settings]);
  backends.update([{ id: 'app', externalName: { hostname, port: 80 }, endpoints: [] }]);
}

function addresses(): string[] {
  return backends.get('app').usable.map(({ authority }) => authority);
}

/** Lets `ms` pass; what is looked up then is answered when this resolves. */
async function pass(ms: number): Promise<void> {
  clock.now += ms;
  names.tick();
  await eventually('no lookup in flight', () => names.inFlight === 0);
}

describe('the name of an ExternalName Service', () => {
  test('is resolved at once, and again when its time to live is over', async () => {
    dns.zones.set(NAME, { ttl: 30, addresses: ['192.0.2.2', '192.0.2.1'] });
    serve();
    await pass(0);
    expect(addresses()).toEqual(['192.0.2.1:80', '192.0.2.2:80']);
    const [kept] = backends.get('app').usable;
    dns.zones.set(NAME, { ttl: 30, addresses: ['192.0.2.1', '192.0.2.3'] });
    await pass(29_999);
    expect(dns.asked).toHaveLength(1);
    await pass(1);
    expect(addresses()).toEqual(['192.0.2.1:80', '192.0.2.3:80']);
    expect(backends.get('app').usable[0]).toBe(kept);
  });

  test('leads to IPv6 where there is no IPv4', async () => {
    dns.zones.set(NAME, { ttl: 30, addresses: ['2001:db8::1'] });
    serve();
    await pass(0);
    expect(addresses()).toEqual(['[2001:db8::1]:80']);
    expect(dns.asked).toEqual([`${NAME} A`, `${NAME} AAAA`]);
  });

  test('is not asked about more often than once a second, whatever its time to live', async () => {
    dns.zones.set(NAME, { ttl: 0, addresses: ['192.0.2.1'] });
    serve();
    await pass(0);
    await pass(999);
    expect(dns.asked).toHaveLength(1);
    await pass(1);
    expect(dns.asked).toHaveLength(2);
  });

  test('keeps its addresses while no server answers, and is asked about ever less', async () => {
    dns.zones.set(NAME, { ttl: 1, addresses: ['192.0.2.1'] });
    serve();
    await pass(0);
    dns.failing = true;
    const askedAt: number[] = [];
    for (let second = 1; second <= 8; second++) {
      const before = counters.dnsLookups;
      await pass(1_000);
      if (counters.dnsLookups > before) askedAt.push(second);
    }
    expect(askedAt).toEqual([1, 2, 4, 8]);
    expect(addresses()).toEqual(['192.0.2.1:80']);
    expect(counters.dnsFailures).toBe(4);
  });

  test('never leads into the cluster or this machine, however it changes', async () => {
    dns.zones.set(NAME, { ttl: 1, addresses: ['192.0.2.1'] });
    serve();
    await pass(0);
    expect(addresses()).toEqual(['192.0.2.1:80']);
    dns.zones.set(NAME, { ttl: 1, addresses: ['127.0.0.1', '169.254.169.254', '10.96.0.1', '192.0.2.7'] });
    await pass(1_000);
    expect(addresses()).toEqual(['192.0.2.7:80']);
    expect(counters.dnsForbidden).toBe(3);
    dns.zones.set(NAME, { ttl: 1, addresses: ['10.1.0.1'] });
    backends.update([
      { id: 'app', externalName: { hostname: NAME, port: 80 }, endpoints: [] },
      { id: 'other', endpoints: [{ address: '10.1.0.1', port: 1, ready: true, serving: true, terminating: false }] },
    ]);
    await pass(1_000);
    expect(addresses()).toEqual([]);
  });

  test('is forgotten with its backend, and begins anew under another name', async () => {
    dns.zones.set(NAME, { ttl: 1, addresses: ['192.0.2.1'] });
    dns.zones.set('b.example.com', { ttl: 1, addresses: ['192.0.2.9'] });
    serve();
    await pass(0);
    serve('b.example.com');
    await pass(0);
    expect(addresses()).toEqual(['192.0.2.9:80']);
    backends.configure([]);
    const asked = dns.asked.length;
    await pass(60_000);
    expect(dns.asked).toHaveLength(asked);
  });
});

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '169.254.169.254',
  '168.63.129.16',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fd00:ec2::254',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '10.96.0.10',
  'kubernetes',
  '',
])('%s is never connected to', (address) => {
  expect(forbiddenAddresses(['10.96.0.0/12', 'nonsense', '1.2.3.4/99'])(address)).toBe(true);
});

test.each(['8.8.8.8', '10.1.2.3', '192.168.1.1', '2001:db8::1', 'fd12::1'])('%s may be', (address) => {
  expect(forbiddenAddresses(['10.96.0.0/12'])(address)).toBe(false);
});
