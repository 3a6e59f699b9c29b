import { beforeEach, describe, expect, test } from '@jest/globals';
import { EventRecorder } from '../../src/kube/events.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { ManualClock } from '../support/manualClock.ts';

const text = { type: 'Warning', reason: 'NotResolved', action: 'Translate', note: 'no Service "shop"' } as const;

function route(name: string) {
  return {
    apiVersion: 'evergate.dev/v1alpha1',
    kind: 'GatewayRoute',
    metadata: { name, namespace: 'shop', uid: name },
  };
}

describe('an event recorder', () => {
  let clock: ManualClock;
  let made: KubeObject[];
  let patches: object[];
  let fails: boolean;
  let mayWrite: boolean;
  let recorder: EventRecorder;

  beforeEach(() => {
    clock = new ManualClock();
    made = [];
    patches = [];
    fails = false;
    mayWrite = true;
    const client = {
      create: async (_: unknown, object: KubeObject) => {
        if (fails) throw new Error('refused');
        made.push(object);
        return object;
      },
      mergePatch: async (_: unknown, __: unknown, patch: object) => {
        patches.push(patch);
        return { metadata: { name: '' } };
      },
    };
    const controller = 'evergate.dev/operator';
    recorder = new EventRecorder({ client, clock, controller, instance: 'pod', mayWrite: () => mayWrite });
  });

  test('the same thing said again is counted, not written anew', async () => {
    for (let n = 0; n < 10; n++) recorder.record(route('a'), text);
    await recorder.flush();
    expect(made).toHaveLength(1);
    expect(patches).toEqual([]);
    clock.advance(61_000);
    recorder.record(route('a'), text);
    await recorder.flush();
    expect(patches).toMatchObject([{ series: { count: 11 } }]);
    expect(recorder.counts).toEqual({ written: 1, repeated: 10, dropped: 0 });
  });

  test('another note, another object, and the same after a long time are events of their own', async () => {
    recorder.record(route('a'), text);
    recorder.record(route('a'), { ...text, note: 'no Service "blog"' });
    recorder.record(route('b'), text);
    clock.advance(7 * 60_000);
    recorder.record(route('a'), text);
    await recorder.flush();
    expect(made).toHaveLength(4);
  });

  test('one object cannot fill the log, and others are still heard', async () => {
    for (let n = 0; n < 100; n++) recorder.record(route('a'), { ...text, note: String(n) });
    recorder.record(route('b'), text);
    await recorder.flush();
    expect(made).toHaveLength(11);
    expect(recorder.counts.dropped).toBe(90);
    clock.advance(60_000);
    recorder.record(route('a'), { ...text, note: 'later' });
    await recorder.flush();
    expect(made).toHaveLength(12);
  });

  test('many objects at once are limited together', async () => {
    for (let n = 0; n < 500; n++) recorder.record(route(`a${n}`), text);
    await recorder.flush();
    expect(made).toHaveLength(50);
  });

  test('what the API server refuses is counted and goes no further', async () => {
    fails = true;
    recorder.record(route('a'), text);
    await recorder.flush();
    expect(recorder.counts).toEqual({ written: 0, repeated: 0, dropped: 1 });
  });

  test('who does not lead writes nothing', async () => {
    mayWrite = false;
    recorder.record(route('a'), text);
    await recorder.flush();
    expect(made).toEqual([]);
  });

  test('a long note is cut to what the API server takes, within no letter', async () => {
    recorder.record(route('a'), { ...text, note: 'ü'.repeat(2_000) });
    await recorder.flush();
    expect(made[0]?.['note']).toBe('ü'.repeat(512));
  });

  test('when it is closed nothing more is written', async () => {
    await recorder.close();
    recorder.record(route('a'), text);
    await recorder.flush();
    expect(made).toEqual([]);
  });
});
