import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ApiError } from '../../src/kube/apiError.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import type { ListOptions, ObjectList, WatchOptions } from '../../src/kube/objectList.ts';
import { Reflector, type ReflectorError, type ReflectorOptions } from '../../src/kube/reflector.ts';
import { configMaps } from '../../src/kube/resource.ts';
import { Store } from '../../src/kube/store.ts';
import type { WatchEvent } from '../../src/kube/watchEvent.ts';
import { settle } from '../support/eventually.ts';
import { ManualClock } from '../support/manualClock.ts';

const notFound = new ApiError({ status: 404, reason: 'NotFound', message: 'no such kind' });
const gone = new ApiError({ status: 410, reason: 'Expired', message: 'too old' });
const broken = new ApiError({ status: 500, reason: 'InternalError', message: 'broken' });

function object(name: string, resourceVersion: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop', resourceVersion } };
}

/** A client whose answers the test gives. */
class ScriptedClient {
  /** What lists answer; the last answer stays. */
  lists: (ObjectList | Error)[] = [{ items: [], resourceVersion: '1' }];
  watchError: Error | undefined;
  readonly listOptions: ListOptions[] = [];
  readonly watchOptions: WatchOptions[] = [];
  /** Lets lists answer only when it is resolved. */
  gate: Promise<void> = Promise.resolve();
  #send = (_: WatchEvent | 'end'): void => {};

  listAll = async (_: unknown, options: ListOptions = {}): Promise<ObjectList> => {
    this.listOptions.push(options);
    const answer = this.lists.length > 1 ? this.lists.shift() : this.lists[0];
    await this.gate;
    if (answer === undefined || answer instanceof Error) throw answer;
    return answer;
  };

  list = async (_: unknown, options: ListOptions = {}) => {
    const { items, resourceVersion } = await this.listAll(_, options);
    return { items, resourceVersion, continue: undefined };
  };

  async *watch(_: unknown, options: WatchOptions, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    this.watchOptions.push(options);
    if (this.watchError !== undefined) throw this.watchError;
    for (;;) {
      const { promise, resolve, reject } = Promise.withResolvers<WatchEvent | 'end'>();
      this.#send = resolve;
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      const event = await promise;
      if (event === 'end') return;
      yield event;
    }
  }

  async tell(event: WatchEvent | 'end'): Promise<void> {
    this.#send(event);
    await settle();
  }
}

describe('a reflector', () => {
  let clock: ManualClock;
  let client: ScriptedClient;
  let store: Store;
  let errors: ReflectorError[];
  let reflector: Reflector;

  beforeEach(() => {
    clock = new ManualClock();
    client = new ScriptedClient();
    store = new Store();
    errors = [];
  });
  afterEach(() => reflector.stop());

  async function start(options: Partial<ReflectorOptions> = {}): Promise<void> {
    const onError = (error: ReflectorError): void => {
      errors.push(error);
    };
    reflector = new Reflector({ client, resource: configMaps, listener: store, clock, onError, ...options });
    reflector.start();
    await settle();
  }

  async function pass(ms: number): Promise<void> {
    clock.advance(ms);
    await settle();
  }

  test('watches from the version of its list, for 5 to 10 minutes', async () => {
    client.lists = [{ items: [object('a', '5')], resourceVersion: '7' }];
    await start({ namespace: 'shop', fieldSelector: 'metadata.name=a' });
    expect(reflector.hasSynced).toBe(true);
    expect(client.watchOptions).toEqual([
      {
        namespace: 'shop',
        fieldSelector: 'metadata.name=a',
        labelSelector: undefined,
        resourceVersion: '7',
        timeoutSeconds: 450,
      },
    ]);
  });

  test('goes on from what it heard last, bookmarks too, without a list', async () => {
    await start();
    await client.tell({ type: 'ADDED', object: object('a', '8') });
    await client.tell({ type: 'BOOKMARK', resourceVersion: '12' });
    clock.freeze(300_000);
    await client.tell('end');
    expect(client.watchOptions.map(({ resourceVersion }) => resourceVersion)).toEqual(['1', '12']);
    expect(reflector.counts).toMatchObject({ lists: 1, restarts: { ended: 1 } });
    expect(errors).toEqual([]);
  });

  test('that is stopped during a list opens no watch and tells nothing', async () => {
    const gate = Promise.withResolvers<void>();
    client.gate = gate.promise;
    client.lists = [{ items: [object('a', '5')], resourceVersion: '7' }];
    await start();
    const stopped = reflector.stop();
    gate.resolve();
    await stopped;
    await settle();
    expect(client.watchOptions).toEqual([]);
    expect(store.size).toBe(0);
    expect(clock.waiting).toBe(0);
  });

  test('that is stopped during a watch is told nothing more, and stays stopped', async () => {
    await start();
    await reflector.stop();
    await client.tell({ type: 'ADDED', object: object('a', '8') });
    reflector.start();
    await settle();
    expect(store.size).toBe(0);
    expect(client.watchOptions).toHaveLength(1);
    expect(clock.waiting).toBe(0);
  });

  test('goes on when its listener throws, and says so', async () => {
    const heard: string[] = [];
    const listener = {
      onReplace: () => {},
      onDelete: () => {},
      onApply: ({ metadata: { name } }: KubeObject) => {
        if (name === 'bad') throw new Error('cannot');
        heard.push(name);
      },
    };
    await start({ listener });
    await client.tell({ type: 'ADDED', object: object('bad', '8') });
    await client.tell({ type: 'ADDED', object: object('good', '9') });
    expect(heard).toEqual(['good']);
    expect(errors).toMatchObject([{ during: 'listener', error: { message: 'cannot' } }]);
    expect(reflector.counts).toMatchObject({ listenerErrors: 1, watches: 1 });
  });

  test('waits longer after each failure, and short again after a success', async () => {
    clock.chance = 1 - Number.EPSILON;
    client.lists = [broken];
    await start();
    for (const waitMs of [200, 400, 800, 1_600]) {
      expect(Math.round(clock.nextInMs ?? 0)).toBe(waitMs);
      await pass(waitMs);
    }
    client.lists = [{ items: [], resourceVersion: '1' }];
    await pass(3_200);
    await client.tell({ type: 'BOOKMARK', resourceVersion: '2' });
    await client.tell({ type: 'ERROR', error: broken });
    expect(reflector.counts.restarts.failed).toBe(1);
    expect(errors).toHaveLength(6);
    await pass(200);
    expect(reflector.counts.watches).toBe(2);
  });

  test('does not hurry in a circle when each watch is refused after a good list', async () => {
    clock.chance = 1 - Number.EPSILON;
    client.watchError = gone;
    await start();
    for (const waitMs of [200, 400, 800]) await pass(waitMs);
    expect(reflector.counts).toMatchObject({ lists: 4, watches: 4 });
    expect(Math.round(clock.nextInMs ?? 0)).toBe(1_600);
  });

  test('lists without pages after a page had expired', async () => {
    client.lists = [gone, { items: [], resourceVersion: '1' }];
    await start();
    await pass(200);
    expect(client.listOptions.map(({ limit }) => limit)).toEqual([undefined, 0]);
    expect(reflector.hasSynced).toBe(true);
  });

  test('lists again when the version is gone, and tells who went meanwhile', async () => {
    client.lists = [
      { items: [object('a', '5'), object('b', '6')], resourceVersion: '7' },
      { items: [object('a', '5')], resourceVersion: '20' },
    ];
    await start();
    await client.tell({ type: 'ERROR', error: gone });
    await pass(200);
    expect([...store.keys()]).toEqual(['shop/a']);
    expect(client.watchOptions.map(({ resourceVersion }) => resourceVersion)).toEqual(['7', '20']);
  });

  test('leaves a watch that is silent for too long, not one that says something now and then', async () => {
    await start({ silenceMs: 150_000 });
    await pass(149_000);
    await client.tell({ type: 'BOOKMARK', resourceVersion: '1' });
    await pass(149_000);
    expect(reflector.counts.restarts.silent).toBe(0);
    await pass(1_000);
    expect(reflector.counts.restarts.silent).toBe(1);
    await pass(200);
    expect(reflector.counts).toMatchObject({ lists: 1, watches: 2 });
  });

  test('looks before it watches again after a failure, and lists when the store went back in time', async () => {
    client.lists = [
      { items: [object('a', '5')], resourceVersion: '100' },
      { items: [], resourceVersion: '60' },
      { items: [object('b', '55')], resourceVersion: '61' },
    ];
    await start();
    await client.tell('end');
    await pass(200);
    expect(reflector.counts.restarts).toMatchObject({ endedEarly: 1, backInTime: 1 });
    expect([...store.keys()]).toEqual(['shop/b']);
    expect(client.watchOptions.map(({ resourceVersion }) => resourceVersion)).toEqual(['100', '61']);
  });

  test('takes a kind that is not there for empty, and looks for it at a slow pace', async () => {
    client.lists = [notFound];
    await start();
    expect(reflector.hasSynced).toBe(true);
    expect(errors).toEqual([]);
    client.lists = [{ items: [object('a', '5')], resourceVersion: '7' }];
    await pass(59_000);
    expect(store.size).toBe(0);
    await pass(1_000);
    expect(store.size).toBe(1);
  });

  test('does not empty its store when a kind is missed for a moment', async () => {
    client.lists = [{ items: [object('a', '5')], resourceVersion: '7' }, notFound];
    await start({ backoff: { baseMs: 1_000, maxMs: 1_000 } });
    await client.tell({ type: 'ERROR', error: gone });
    await pass(30_000);
    expect(store.size).toBe(1);
    for (let n = 0; n < 62; n++) await pass(1_000);
    expect(store.size).toBe(0);
  });
});
