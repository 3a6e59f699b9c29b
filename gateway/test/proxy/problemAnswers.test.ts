import type { ErrorSettings } from '@evergate/contract/errorSettings';
import { describe, expect, test } from '@jest/globals';
import { namesType, qualityOf, readAccept } from '../../src/proxy/accept.ts';
import { compileProblemAnswers } from '../../src/proxy/problemAnswers.ts';
import { GatewayUnderTest, to } from '../support/gatewayUnderTest.ts';
import { field } from '../support/messageReader.ts';

const page = {
  statuses: [[503, 503]],
  contentType: 'text/html; charset=utf-8',
  body: '<p>{status} {reason} {requestId}</p>',
} as const;
const settings: ErrorSettings = {
  reasonHeader: 'Trusted',
  pages: [page, { statuses: [[400, 599]], contentType: 'text/html', body: '<p>{title}</p>' }],
};

function answer(accept: string | undefined, reason: 'NoEndpoints' | 'NoRoute' = 'NoEndpoints', isTrusted = false) {
  const { status, headers, body } = compileProblemAnswers(settings)({ reason, requestId: 'r-1', accept, isTrusted });
  return { status, type: field({ headers }, 'content-type'), text: Buffer.from(body ?? []).toString(), headers };
}

describe('a problem is answered', () => {
  test.each([undefined, '*/*', 'application/json', 'application/problem+json', 'image/png', 'x'.repeat(5_000)])(
    'as problem details, if Accept is %s',
    (accept) => {
      const { status, type, text } = answer(accept);
      expect(type).toBe('application/problem+json');
      expect(status).toBe(503);
      expect(JSON.parse(text)).toEqual({
        status: 503,
        title: 'the backend has no endpoint that is ready',
        reason: 'NoEndpoints',
        requestId: 'r-1',
      });
    },
  );

  test.each(['text/plain', 'text/plain, */*;q=0.1', 'application/json;q=0.2, text/plain;q=0.5'])(
    'as text, if Accept is %s',
    (accept) => {
      expect(answer(accept)).toMatchObject({
        type: 'text/plain; charset=utf-8',
        text: '503 the backend has no endpoint that is ready\nreason: NoEndpoints\nrequest: r-1\n',
      });
    },
  );

  test.each(['text/html', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/*'])(
    'with the fleet’s page, if Accept is %s',
    (accept) => {
      expect(answer(accept)).toMatchObject({ type: 'text/html; charset=utf-8', text: '<p>503 NoEndpoints r-1</p>' });
      expect(answer(accept, 'NoRoute')).toMatchObject({
        type: 'text/html',
        text: '<p>no route matches this request</p>',
      });
    },
  );

  test('with the reason in a header for proxies that are believed, unless the fleet says otherwise', () => {
    const reasonOf = (reasonHeader: ErrorSettings['reasonHeader'], isTrusted: boolean): string | undefined => {
      const answers = compileProblemAnswers({ reasonHeader, pages: [] });
      return field(answers({ reason: 'NoRoute', requestId: '', accept: undefined, isTrusted }), 'x-evergate-reason');
    };
    expect([reasonOf('Trusted', true), reasonOf('Trusted', false)]).toEqual(['NoRoute', undefined]);
    expect([reasonOf('Always', false), reasonOf('Never', true)]).toEqual(['NoRoute', undefined]);
  });
});

test('every problem of a request carries its id, and the access log has the same', async () => {
  await using gateway = await GatewayUnderTest.start({
    backends: { app: [] },
    rules: [to('app', { hostnames: ['shop'] })],
    traffic: { clientAddress: { trustedHops: 1, trustedCIDRs: [] } },
  });
  await using client = await gateway.client();
  client.send('GET / HTTP/1.1\r\nhost: shop\r\nx-request-id: from-the-edge\r\n\r\n');
  client.send('GET / HTTP/1.1\r\nhost: elsewhere\r\n\r\n');
  const ids = [await client.response(), await client.response()].map((response) => JSON.parse(response.body).requestId);
  await gateway.settled();
  expect(ids).toEqual(gateway.accessLines.map(({ requestId }) => requestId));
  expect(ids[0]).toBe('from-the-edge');
  expect(ids[1]).toMatch(/^[0-9a-f]{16,32}$/);
});

describe('Accept', () => {
  test('counts the most specific range', () => {
    const accepts = readAccept('text/*;q=0.3, text/html;q=0.7, */*;q=0.5, image/png;q=x');
    const types = ['text/html', 'text/plain', 'image/jpeg', 'image/png'];
    expect(types.map((type) => qualityOf(type, accepts))).toEqual([0.7, 0.3, 0.5, 0]);
    expect(types.map((type) => namesType(type, accepts))).toEqual([true, true, false, false]);
  });

  test('may be nonsense', () => {
    for (const field of ['', ',', ';', 'q=1', ';;;,,,/']) expect(qualityOf('text/html', readAccept(field))).toBe(0);
  });
});
