import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@evergate/process/log';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { Delivery } from '../src/delivery.ts';
import type { DeliveryConfig } from '../src/deliveryConfig.ts';
import { registerDeliveryMetrics } from '../src/deliveryMetrics.ts';
import type { ReloadStatus } from '../src/reload/reloadStatus.ts';
import { eventually } from './support/eventually.ts';

const order = { fleetUID: 'uid-1', epoch: 1, sequence: 1, revision: 'a'.repeat(64), since: '2026-01-01T00:00:00.000Z' };
const status: ReloadStatus = {
  documents: { routes: { ...order, source: 'Watch' }, endpoints: { ...order, source: 'Mount' }, secrets: null },
  stale: false,
  waitingRules: [],
  refused: [],
  leftOut: [],
};

let folder: string;
const lines: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergate-delivery-'));
  lines.length = 0;
});

afterEach(() => rm(folder, { recursive: true }));

function create(delivery: DeliveryConfig): { readonly delivery: Delivery; readonly scrape: () => Promise<string> } {
  const log = createLog({ level: 'debug', write: (line) => lines.push(line), now: () => 0 });
  const created = new Delivery({ documents: folder, delivery }, log);
  const registry = new Registry();
  registerDeliveryMetrics(registry, {
    delivery: created,
    status: () => status,
    stale: () => ['NoContact'],
    now: Date.now,
  });
  return { delivery: created, scrape: () => registry.metrics() };
}

test('metrics name sources and reasons from closed sets alone, and are the same at the next scrape', async () => {
  const { delivery, scrape } = create({ copy: undefined, watch: undefined });
  expect(delivery.sources.map(({ name }) => name)).toEqual(['Mount']);
  const text = await scrape();
  expect(text).toContain('evergate_document_source{document="routes",source="Watch"} 1');
  expect(text).toContain('evergate_document_source{document="routes",source="Mount"} 0');
  expect(text).toContain('evergate_document_source{document="secrets",source="Copy"} 0');
  expect(text).toContain('evergate_documents_stale{reason="NoContact"} 1');
  expect(text).toContain('evergate_documents_stale{reason="Refused"} 0');
  expect(text).not.toMatch(/^evergate_api_server_contact_age_seconds /m);
  expect(await scrape()).toBe(text);
});

test('a gateway that cannot reach the API server counts that, and says it once', async () => {
  await writeFile(join(folder, 'token'), 'token');
  await writeFile(join(folder, 'ca.crt'), 'no certificate');
  const watch = { server: 'https://127.0.0.1:9', serviceAccount: folder, namespace: 'infra', fleet: 'edge' };
  const { delivery, scrape } = create({ copy: join(folder, 'copy'), watch });
  expect(delivery.sources.map(({ name }) => name)).toEqual(['Copy', 'Mount', 'Watch']);
  const source = delivery.sources.find(({ name }) => name === 'Watch')?.source;
  const problems: string[] = [];
  const starting = source?.start({ onIndex: () => {}, onProblem: (message) => problems.push(message) });
  await eventually('every document says so', () => problems.length === 3);
  expect(await scrape()).toMatch(/evergate_watch_restarts_total\{document="routes",reason="Failed"\} [1-9]/);
  expect(delivery.contact?.lastAt).toBeUndefined();
  await source?.close();
  await starting;
});

test('a copy that cannot be written is counted each time and told once', async () => {
  const path = join(folder, 'copy');
  await writeFile(path, 'no folder');
  const { delivery, scrape } = create({ copy: path, watch: undefined });
  const { copy } = delivery;
  const index = {
    ...order,
    kind: 'secrets',
    version: 1,
    fleet: { namespace: 'a', name: 'b' },
    requires: [],
    parts: [],
  } as const;
  copy?.served(index, '{}');
  copy?.begin();
  await eventually('it failed', () => delivery.copiesFailed.secrets === 1);
  await delivery.close();
  expect(await scrape()).toContain('evergate_copies_failed_total{document="secrets"} 2');
  expect(await scrape()).toContain('evergate_copies_written_total{document="secrets"} 0');
  expect(lines).toHaveLength(1);
});
