import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Clock, systemClock } from '../../src/kube/clock.ts';
import { configMaps, gatewayRoutes, leases } from '../../src/kube/resource.ts';
import type { Operator } from '../../src/operator.ts';
import { conditionOf } from '../support/conditions.ts';
import { eventually } from '../support/eventually.ts';
import { faultyClient } from '../support/faultyClient.ts';
import { OperatorUnderTest } from '../support/operatorUnderTest.ts';

let cluster: OperatorUnderTest;

beforeEach(async () => {
  cluster = await OperatorUnderTest.create();
  await cluster.service('orders');
  await cluster.fleet('edge');
  await cluster.pod('edge', 'edge-1', '10.9.0.1');
});

afterEach(() => cluster.close());

async function served(path: string): Promise<void> {
  await cluster.eventually(configMaps, 'edge-routes', (found) => JSON.stringify(found).includes(path));
}

async function holder(): Promise<unknown> {
  const lease = await cluster.get(leases, 'evergate-operator');
  return (lease['spec'] as { readonly holderIdentity?: string }).holderIdentity;
}

async function leads(operator: Operator): Promise<void> {
  await eventually('it leads', () => operator.isLeader);
}

describe('two operators of one installation', () => {
  test('one leads; when it stops, the other goes on within two seconds, from the same documents', async () => {
    const first = await cluster.start();
    await leads(first);
    const second = await cluster.start({ identity: 'second' });
    await cluster.route('shop', '/api', 'orders');
    await served('/api');
    expect([first.isLeader, second.isLeader]).toEqual([true, false]);
    const ready = await fetch(`http://127.0.0.1:${second.healthPort}/readyz`);
    expect(await ready.json()).toEqual({ status: 'UP', leader: false });

    const stoppedMs = performance.now();
    await cluster.stop(first);
    await leads(second);
    const tookMs = performance.now() - stoppedMs;
    process.stdout.write(`a clean hand-over took ${Math.round(tookMs)} ms\n`);
    await cluster.route('shop', '/v2', 'orders');
    await served('/v2');
    expect(await cluster.index('routes')).toMatchObject({ epoch: 1 });
    expect(await holder()).toBe('second');
  }, 60_000);

  test('one that cannot reach the API server any more stops in time; the other takes over when the lease has run out', async () => {
    let isCut = false;
    const cut = async (): Promise<never> => {
      throw new Error('no way to the API server');
    };
    const first = await cluster.start({
      through: (client) =>
        new Proxy(client, {
          get(target, name): unknown {
            const value: unknown = Reflect.get(target, name, target);
            if (typeof value !== 'function') return value;
            return (...args: unknown[]) => (isCut && name !== 'close' ? cut() : Reflect.apply(value, target, args));
          },
        }),
    });
    await leads(first);
    const second = await cluster.start({ identity: 'second' });
    const cutMs = performance.now();
    isCut = true;
    await eventually('the first stops leading', () => !first.isLeader);
    const stoppedMs = performance.now() - cutMs;
    expect(second.isLeader).toBe(false);
    await leads(second);
    const tookMs = performance.now() - cutMs;
    process.stdout.write(
      `cut off with a lease of 3 s: the first stopped after ${Math.round(stoppedMs)} ms, the second led after ${Math.round(tookMs)} ms\n`,
    );
    await cluster.route('shop', '/v2', 'orders');
    await served('/v2');
  }, 60_000);

  test('one that was frozen in the middle of a write, and wakes when another leads, writes nothing', async () => {
    /** Time of the first operator alone: it jumps when the process wakes. */
    let sleptMs = 0;
    const clock: Clock = {
      ...systemClock,
      nowMs: () => systemClock.nowMs() + sleptMs,
      wallMs: () => systemClock.wallMs() + sleptMs,
    };
    let isFrozen = false;
    const frozen: (() => void)[] = [];
    const waking = (): Promise<void> => new Promise((resolve) => frozen.push(resolve));
    let sentAfterWaking = 0;
    const first = await cluster.start({
      clock,
      through: (client) =>
        faultyClient(client, async ({ send }) => {
          if (!isFrozen) return send();
          await waking();
          const sent = send();
          await sent.then(
            () => {
              sentAfterWaking += 1;
            },
            () => {},
          );
          return sent;
        }),
    });
    await leads(first);
    await cluster.route('shop', '/api', 'orders');
    await served('/api');
    isFrozen = true;
    await cluster.route('shop', '/old', 'orders');
    await eventually('a write hangs', () => frozen.length > 0);

    const second = await cluster.start({ identity: 'second' });
    // The frozen one renews its lease no more.
    await cluster.patch(leases, 'evergate-operator', { spec: { holderIdentity: 'second-to-be', renewTime: null } });
    sleptMs = 3_600_000;
    await leads(second);
    await cluster.route('shop', '/new', 'orders');
    await served('/new');
    const before = await cluster.get(configMaps, 'edge-routes');
    for (const wake of frozen.splice(0)) wake();
    await eventually('the first knows that it no longer leads', () => !first.isLeader);
    await cluster.eventually(gatewayRoutes, 'shop', (found) => conditionOf(found, 'Ready') === 'True');
    expect(sentAfterWaking).toBe(0);
    const after = await cluster.get(configMaps, 'edge-routes');
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  }, 60_000);
});
