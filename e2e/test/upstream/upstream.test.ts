import { Agent, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { createLedgerServer } from '../../src/ledger/ledgerServer.ts';
import { ArrivalSender } from '../../src/upstream/arrivalSender.ts';
import { Upstream } from '../../src/upstream/upstream.ts';
import { closed, listening } from '../listening.ts';

const origin = { pod: 'pod', version: 'v1' };

function upstreamThatFails(failPercent: number): Upstream {
  return new Upstream({ origin, arrived: () => {}, failPercent });
}

test('while it leaves it serves on, then says so with each answer, then ends with nothing under way', async () => {
  const upstream = upstreamThatFails(0);
  const port = await listening(upstream.server);
  const agent = new Agent({ keepAlive: true });
  const connection = (path: string) =>
    new Promise<string | undefined>((resolve, reject) => {
      httpRequest({ port, path, agent }, (response) => {
        text(response).then(() => resolve(response.headers.connection), reject);
      })
        .on('error', reject)
        .end();
    });
  expect(await connection('/')).toBe('keep-alive');
  const left = upstream.leave(0, 500);
  const slow = connection('/?do=slow&ms=1000');
  for (let answers = 0; (await connection('/')) !== 'close'; answers += 1) expect(answers).toBeLessThan(1_000);
  await expect(slow).resolves.toBeDefined();
  await left;
  await expect(connection('/')).rejects.toThrow('ECONNREFUSED');
});

test('of a hundred requests it fails as many as it is told to', async () => {
  const upstream = upstreamThatFails(50);
  const port = await listening(upstream.server);
  const statuses: number[] = [];
  for (let number = 0; number < 10; number += 1) statuses.push((await fetch(`http://127.0.0.1:${port}/`)).status);
  expect(statuses.filter((status) => status === 503)).toHaveLength(5);
  await closed(upstream.server);
});

test('a ledger that was away is told everything once it is back', async () => {
  const ledger = createLedgerServer();
  const port = await listening(ledger);
  await closed(ledger);
  const sender = new ArrivalSender(`http://127.0.0.1:${port}`);
  const back = createLedgerServer();
  for (let number = 0; number < 10; number += 1) sender.add(`run.${number}`);
  await new Promise<void>((resolve) => back.listen(port, '127.0.0.1', resolve));
  sender.add('run.10');
  await sender.close();
  const arrivals = await fetch(`http://127.0.0.1:${port}/runs/run`);
  expect(await arrivals.json()).toEqual({ arrived: '0-10', repeated: {} });
  await closed(back);
});
