import { describe, expect, test } from '@jest/globals';
import { startStack } from '../support/stack.ts';

describe('the health paths of the data port', () => {
  test.each([
    { path: '/.evergate/health/live', ready: true, status: 200 },
    { path: '/.evergate/health/live', ready: false, status: 200 },
    { path: '/.evergate/health/ready', ready: true, status: 200 },
    { path: '/.evergate/health/ready', ready: false, status: 503 },
    { path: '/.evergate/%68ealth/./ready?x=1', ready: true, status: 200 },
  ])('$path answers $status while ready is $ready, with a status alone', async ({ path, ready, status }) => {
    await using rig = await startStack();
    rig.gateway.gateway.ready = ready;
    for (const method of ['GET', 'HEAD']) {
      rig.client.send(`${method} ${path} HTTP/1.1\r\nhost: any\r\n\r\n`);
      expect(await rig.client.response(method)).toMatchObject({ status, body: '' });
    }
    expect(rig.upstream.connections).toBe(0);
  });

  test.each(['/.evergate/health/live/', '/.evergate/health', '/.evergatehealth/live', '/.evergate'])(
    'leave %s to the routes',
    async (path) => {
      await using rig = await startStack();
      rig.client.send(`GET ${path} HTTP/1.1\r\nhost: any\r\n\r\n`);
      expect(await rig.client.response()).toMatchObject({ status: 200, body: 'ok' });
    },
  );
});
