import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ApiClient } from '../../src/kube/apiClient.ts';
import { systemClock } from '../../src/kube/clock.ts';
import { LeaderElection } from '../../src/kube/lease.ts';
import { readLease } from '../../src/kube/leaseRecord.ts';
import { leases } from '../../src/kube/resource.ts';
import { eventually } from '../support/eventually.ts';
import { ownNamespace, sharedAccess, sharedClient } from '../support/sharedApiServer.ts';
import { TcpProxy } from '../support/tcpProxy.ts';

const RETRY_MS = 100;

describe('two processes and one lease', () => {
  let direct: ApiClient;
  let namespace: string;
  let proxy: TcpProxy;
  let proxied: ApiClient;
  let log: string[];
  const elections: LeaderElection[] = [];

  beforeAll(async () => {
    direct = await sharedClient();
  });
  afterAll(() => direct.close());

  beforeEach(async () => {
    const { server, caFile, token } = sharedAccess();
    proxy = await TcpProxy.start(Number(new URL(server).port));
    proxied = new ApiClient({
      server: `https://127.0.0.1:${proxy.port}`,
      ca: await readFile(caFile),
      token: () => token,
      timeoutMs: 500,
    });
    namespace = await ownNamespace(direct);
    log = [];
  });
  afterEach(async () => {
    await Promise.all(elections.splice(0).map((election) => election.stop()));
    await proxied.close();
    await proxy.stop();
  });

  function start(identity: string, client: ApiClient): LeaderElection {
    const election = new LeaderElection({
      client,
      namespace,
      name: 'operator',
      identity,
      clock: systemClock,
      leaseMs: 3_000,
      renewDeadlineMs: 1_500,
      retryMs: RETRY_MS,
      onStartedLeading: () => log.push(`${identity} leads`),
      onStoppedLeading: () => {
        log.push(`${identity} stopped`);
      },
    });
    elections.push(election);
    election.start();
    return election;
  }

  async function lease() {
    return readLease(await direct.get(leases, { namespace, name: 'operator' }));
  }

  test('one leads, the other waits', async () => {
    const first = start('first', direct);
    await eventually('the first leads', () => first.isLeader());
    const second = start('second', direct);
    await eventually('the second knows the holder', () => second.holder === 'first');
    const { transitions } = await lease();
    await eventually('the lease was renewed', async () => (await lease()).transitions === transitions);
    expect(second.mayWrite()).toBe(false);
    expect(log).toEqual(['first leads']);
  });

  test('a leader that stops gives the lease back, and the other takes it without waiting for its end', async () => {
    const first = start('first', direct);
    await eventually('the first leads', () => first.isLeader());
    const second = start('second', direct);
    await eventually('the second knows the holder', () => second.holder === 'first');
    await first.stop();
    expect(await lease()).toMatchObject({ transitions: expect.any(Number) });
    const stoppedAtMs = performance.now();
    await eventually('the second leads', () => second.isLeader());
    expect(log).toEqual(['first leads', 'first stopped', 'second leads']);
    expect((await lease()).holder).toBe('second');
    process.stdout.write(`hand-over after a stop: ${Math.round(performance.now() - stoppedAtMs)} ms of ${RETRY_MS}\n`);
  });

  test('a leader that is cut off stops before the other can lead', async () => {
    const first = start('first', proxied);
    await eventually('the first leads', () => first.isLeader());
    const second = start('second', direct);
    await eventually('the second knows the holder', () => second.holder === 'first');
    proxy.silence();
    let both = false;
    await eventually('the second leads', () => {
      both ||= first.mayWrite() && second.mayWrite();
      return second.isLeader();
    });
    expect(both).toBe(false);
    expect(log).toEqual(['first leads', 'first stopped', 'second leads']);
    proxy.mend();
    await eventually('the first knows the holder', () => first.holder === 'second');
    expect(first.mayWrite()).toBe(false);
  });

  test('of ten that start at once one leads', async () => {
    const all = Array.from({ length: 10 }, (_, n) => start(`process-${n}`, direct));
    await eventually('all know one holder', () => {
      const holders = new Set(all.map(({ holder }) => holder));
      return holders.size === 1 && !holders.has(undefined);
    });
    expect(all.filter((election) => election.isLeader())).toHaveLength(1);
    expect(log).toHaveLength(1);
  });

  test('writes of a client behind the fence end with the lead', async () => {
    const first = start('first', direct);
    const fenced = direct.fenced(() => first.mayWrite(), first.writeTimeoutMs);
    await eventually('the first leads', () => first.isLeader());
    const object = { metadata: { name: 'other', namespace } };
    await fenced.create(leases, object);
    await first.stop();
    await expect(fenced.delete(leases, object.metadata)).rejects.toMatchObject({ reason: 'Fenced' });
    expect(await fenced.get(leases, object.metadata)).toMatchObject(object);
  });
});
