import { beforeEach, describe, expect, test } from '@jest/globals';
import { ApiError } from '../../src/kube/apiError.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { LeaderElection } from '../../src/kube/lease.ts';
import { readLease } from '../../src/kube/leaseRecord.ts';
import { settle } from '../support/eventually.ts';
import { ManualClock } from '../support/manualClock.ts';

const owner = { apiVersion: 'v1', kind: 'ServiceAccount', name: 'operator', uid: 'u' };

/** What an API server does for one Lease. */
class OneLease {
  object: KubeObject | undefined;
  isReachable = true;
  #version = 0;

  get = async (): Promise<KubeObject> => {
    this.#reach();
    if (this.object === undefined) throw new ApiError({ status: 404, reason: 'NotFound', message: 'no lease' });
    return this.object;
  };

  create = async (_: unknown, object: KubeObject): Promise<KubeObject> => this.#keep(object);

  replace = async (_: unknown, object: KubeObject): Promise<KubeObject> => {
    this.#reach();
    if (object.metadata.resourceVersion === this.object?.metadata.resourceVersion) return this.#keep(object);
    throw new ApiError({ status: 409, reason: 'Conflict', message: 'changed' });
  };

  #keep(object: KubeObject): KubeObject {
    this.#reach();
    this.#version += 1;
    this.object = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    return this.object;
  }

  #reach(): void {
    if (!this.isReachable) throw new ApiError({ status: 0, reason: 'Unreachable', message: 'cut' });
  }
}

describe('a leader', () => {
  let clock: ManualClock;
  let lease: OneLease;
  let log: string[];

  beforeEach(() => {
    clock = new ManualClock();
    lease = new OneLease();
    log = [];
  });

  function electionOf(identity: string): LeaderElection {
    return new LeaderElection({
      client: lease,
      namespace: 'evergate',
      name: 'operator',
      owner,
      identity,
      clock,
      onStartedLeading: () => log.push(`${identity} leads`),
      onStoppedLeading: () => {
        log.push(`${identity} stopped`);
      },
    });
  }

  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      clock.advance(Math.min(500, left));
      await settle();
    }
  }

  async function leading(): Promise<LeaderElection> {
    const election = electionOf('first');
    election.start();
    await settle();
    expect(election.isLeader()).toBe(true);
    return election;
  }

  test('renews, and leads on', async () => {
    const election = await leading();
    await pass(60_000);
    expect(election.isLeader()).toBe(true);
    expect(readLease(await lease.get())).toMatchObject({ holder: 'first', durationMs: 15_000, transitions: 1 });
    expect(log).toEqual(['first leads']);
    expect((await lease.get()).metadata.ownerReferences).toEqual([owner]);
  });

  test('may not write from its deadline on, even if it was frozen and no timer ran', async () => {
    const election = await leading();
    clock.freeze(9_999);
    expect(election.mayWrite()).toBe(true);
    clock.freeze(1);
    expect(election.mayWrite()).toBe(false);
    expect(log).toEqual(['first leads']);
    clock.advance(0);
    await settle();
    expect(log).toEqual(['first leads', 'first stopped', 'first leads']);
  });

  test('may not write after the machine slept, which its steady clock does not see', async () => {
    const election = await leading();
    clock.setDateForward(10_000);
    expect(election.mayWrite()).toBe(false);
  });

  test('stops 10 s after its last renewal, and the other leads no earlier than 15 s after it', async () => {
    const first = await leading();
    const second = electionOf('second');
    second.start();
    await settle();
    lease.isReachable = false;
    await pass(9_000);
    expect(first.isLeader()).toBe(true);
    await pass(1_000);
    expect(first.isLeader()).toBe(false);
    lease.isReachable = true;
    await pass(500);
    expect(log.slice(0, 2)).toEqual(['first leads', 'first stopped']);
    expect(second.isLeader()).toBe(false);
  });

  test('that died is followed after the length of its lease, counted by the clock of who waits', async () => {
    const first = electionOf('first');
    first.start();
    await settle();
    const object = await lease.get();
    await first.stop();
    lease.object = object;
    const second = electionOf('second');
    second.start();
    await pass(14_500);
    expect(second.isLeader()).toBe(false);
    await pass(3_000);
    expect(second.isLeader()).toBe(true);
    expect(readLease(await lease.get())).toMatchObject({ holder: 'second', transitions: 2 });
  });

  test('whose lease was taken stops at once', async () => {
    const election = await leading();
    const { metadata } = await lease.get();
    const spec = { holderIdentity: 'other', leaseDurationSeconds: 15 };
    lease.object = { metadata: { ...metadata, resourceVersion: 'other' }, spec };
    await pass(2_500);
    expect(election.isLeader()).toBe(false);
    expect(log).toEqual(['first leads', 'first stopped']);
  });

  test('gives the lease back only when what it does has stopped', async () => {
    const stopped = Promise.withResolvers<void>();
    const election = new LeaderElection({
      client: lease,
      namespace: 'evergate',
      name: 'operator',
      identity: 'first',
      clock,
      onStartedLeading: () => {},
      onStoppedLeading: () => stopped.promise,
    });
    election.start();
    await settle();
    const end = election.stop();
    await settle();
    expect(election.mayWrite()).toBe(false);
    expect(readLease(await lease.get()).holder).toBe('first');
    stopped.resolve();
    await end;
    expect(readLease(await lease.get()).holder).toBeUndefined();
    expect(clock.waiting).toBe(0);
  });

  test('whose last renewal was done but not answered gives the lease back all the same', async () => {
    const election = await leading();
    const object = await lease.get();
    lease.object = { ...object, metadata: { ...object.metadata, resourceVersion: 'unseen' } };
    await election.stop();
    expect(readLease(await lease.get()).holder).toBeUndefined();
  });

  test('that stops is followed within 2 s', async () => {
    const first = await leading();
    const second = electionOf('second');
    clock.chance = 0.999;
    second.start();
    await settle();
    await first.stop();
    await pass(2_000);
    expect(log).toEqual(['first leads', 'first stopped', 'second leads']);
  });
});
