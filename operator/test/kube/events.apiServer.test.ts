import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ApiClient } from '../../src/kube/apiClient.ts';
import { EventRecorder } from '../../src/kube/events.ts';
import { configMaps, events } from '../../src/kube/resource.ts';
import { ManualClock } from '../support/manualClock.ts';
import { ownNamespace, sharedClient } from '../support/sharedApiServer.ts';

let client: ApiClient;
beforeAll(async () => {
  client = await sharedClient();
});
afterAll(() => client.close());

test('the API server takes an event, and the count of its series', async () => {
  const namespace = await ownNamespace(client);
  const clock = new ManualClock();
  const recorder = new EventRecorder({ client, clock, controller: 'evergate.dev/operator', instance: 'operator-0' });
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace } };
  const { metadata } = await client.create(configMaps, object);
  const text = { type: 'Warning', reason: 'NotResolved', action: 'Translate', note: 'no Service "shop"' } as const;
  for (let n = 0; n < 3; n++) {
    recorder.record({ ...object, metadata }, text);
    clock.advance(60_000);
  }
  await recorder.flush();
  const { items } = await client.list(events, { namespace });
  expect(items).toMatchObject([
    { ...text, regarding: { kind: 'ConfigMap', name: 'a', namespace, uid: metadata.uid }, series: { count: 3 } },
  ]);
  expect(recorder.counts).toEqual({ written: 1, repeated: 2, dropped: 0 });
  await recorder.close();
});
