import { describe, expect, test } from '@jest/globals';
import { fieldValues } from '../support/messageReader.ts';
import { answer } from '../support/rawUpstream.ts';
import { startStack } from '../support/stack.ts';

const asking = 'POST /a HTTP/1.1\r\nhost: shop\r\nexpect: 100-continue\r\n';

describe('a client that waits for 100 Continue', () => {
  test.each([
    { name: 'with a length', fields: 'content-length: 3\r\n\r\n', body: 'abc' },
    { name: 'in chunks', fields: 'transfer-encoding: chunked\r\n\r\n', body: '3\r\nabc\r\n0\r\n\r\n' },
  ])('is told to send its body $name once it goes on, without the expectation', async ({ fields, body }) => {
    await using rig = await startStack();
    for (let round = 0; round < 2; round++) {
      rig.client.send(asking + fields);
      expect(await rig.client.response()).toMatchObject({ status: 100, headers: [] });
      rig.client.send(body);
      expect(await rig.client.response()).toMatchObject({ status: 200, body: 'ok' });
      const seen = await rig.upstream.request();
      expect([seen.body, fieldValues(seen, 'expect')]).toEqual(['abc', []]);
    }
  });

  test('is told once, though the backend sends 100 as well', async () => {
    await using rig = await startStack(`HTTP/1.1 100 Continue\r\n\r\n${answer()}`);
    rig.client.send(`${asking}content-length: 1\r\n\r\n`);
    expect(await rig.client.response()).toMatchObject({ status: 100 });
    rig.client.send('a');
    expect(await rig.client.response()).toMatchObject({ status: 200 });
  });

  test.each([
    { name: '404 where no route matches', status: 404, rule: { hostnames: ['other'] }, fields: 'content-length: 3' },
    {
      name: '413 where it declares too much',
      status: 413,
      rule: { limits: { requestBodyBytes: 2 } },
      fields: 'content-length: 3',
    },
    { name: '400 where a field is refused', status: 400, rule: {}, fields: 'content-length: 3\r\nx_forwarded_for: 1' },
    {
      name: '503 where there is no endpoint',
      status: 500,
      rule: { backends: [{ backend: null, weight: 1 }] },
      fields: 'content-length: 3',
    },
  ])('gets $name instead, and the connection ends', async ({ status, rule, fields }) => {
    await using rig = await startStack({}, { rule });
    rig.client.send(`${asking}${fields}\r\n\r\n`);
    const response = await rig.client.response();
    expect([response.status, fieldValues(response, 'connection')]).toEqual([status, ['close']]);
    expect(await rig.client.ended()).toBe('');
    expect(rig.upstream.connections).toBe(0);
  });

  test('gets 503 without 100 where no endpoint is ready', async () => {
    await using rig = await startStack();
    rig.gateway.serveEndpoints({ backends: { app: [] } });
    rig.client.send(`${asking}content-length: 3\r\n\r\n`);
    expect(await rig.client.response()).toMatchObject({ status: 503 });
    expect(await rig.client.ended()).toBe('');
  });

  test('gets 417 for any other expectation', async () => {
    await using rig = await startStack();
    rig.client.send('POST /a HTTP/1.1\r\nhost: shop\r\nexpect: tea\r\ncontent-length: 3\r\n\r\nabc');
    expect(await rig.client.response()).toMatchObject({ status: 417 });
    expect(await rig.client.ended()).toBe('');
    expect(rig.gateway.refused).toEqual(['ExpectationFailed']);
    expect(rig.upstream.connections).toBe(0);
  });

  test.each([
    { name: 'without a body', request: 'GET /a HTTP/1.1\r\nhost: shop\r\nexpect: 100-continue\r\n\r\n' },
    { name: 'of HTTP/1.0', request: 'POST /a HTTP/1.0\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\nabc' },
  ])('$name is not told', async ({ request }) => {
    await using rig = await startStack();
    rig.client.send(request);
    expect(await rig.client.response()).toMatchObject({ status: 200 });
    expect(fieldValues(await rig.upstream.request(), 'expect')).toEqual([]);
  });
});
