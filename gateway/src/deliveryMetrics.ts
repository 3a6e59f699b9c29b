import { documentKinds } from '@evergate/contract/names';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Delivery } from './delivery.ts';
import type { ReloadStatus } from './reload/reloadStatus.ts';
import { sourceNames } from './reload/source.ts';
import { type StaleReason, staleReasons } from './staleness.ts';

export interface DeliveryMetricsOptions {
  readonly delivery: Delivery;
  readonly status: () => ReloadStatus;
  readonly stale: () => readonly StaleReason[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Registers what is told of delivery: all of it is read at a scrape, none of it is touched by requests. */
export function registerDeliveryMetrics(registry: Registry, options: DeliveryMetricsOptions): void {
  const registers = [registry];
  const { delivery, status, stale, now } = options;
  new Counter({
    name: 'evergate_watch_restarts_total',
    help: 'Watches on the API server that began again, by document and reason.',
    labelNames: ['document', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const { kind, reason, count } of delivery.restarts) this.inc({ document: kind, reason }, count);
    },
  });
  new Gauge({
    name: 'evergate_api_server_contact_age_seconds',
    help: 'Since the API server last sent anything; absent where it is not watched or never answered.',
    registers,
    collect() {
      this.remove();
      const lastAt = delivery.contact?.lastAt;
      if (lastAt !== undefined) this.set((now() - lastAt) / 1_000);
    },
  });
  new Gauge({
    name: 'evergate_documents_stale',
    help: 'Whether what is served may be old, by reason.',
    labelNames: ['reason'],
    registers,
    collect() {
      const reasons = stale();
      for (const reason of staleReasons) this.set({ reason }, Number(reasons.includes(reason)));
    },
  });
  new Gauge({
    name: 'evergate_document_source',
    help: 'Where the document that is served can be had: 1 for the liveliest source.',
    labelNames: ['document', 'source'],
    registers,
    collect() {
      const { documents } = status();
      for (const document of documentKinds) {
        for (const source of sourceNames)
          this.set({ document, source }, Number(documents[document]?.source === source));
      }
    },
  });
  registerCopyMetrics(registry, delivery);
}

function registerCopyMetrics(registry: Registry, { copiesWritten, copiesFailed }: Delivery): void {
  const families = [
    ['evergate_copies_written_total', "Documents written to the pod's own copy.", copiesWritten],
    ['evergate_copies_failed_total', "Documents that could not be written to the pod's own copy.", copiesFailed],
  ] as const;
  for (const [name, help, counts] of families) {
    new Counter({
      name,
      help,
      labelNames: ['document'],
      registers: [registry],
      collect() {
        this.reset();
        for (const document of documentKinds) this.inc({ document }, counts[document]);
      },
    });
  }
}
