import { documentKinds } from '@evergate/contract/names';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ControllerEvent } from './controllerEvent.ts';
import { objectKey } from './kube/kubeObject.ts';
import type { Reflector } from './kube/reflector.ts';
import type { RequestReport } from './kube/requester.ts';

const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const gatewayStates = ['desired', 'ready', 'receiving', 'behind', 'unreachable'] as const;

/** What is looked at when somebody scrapes. */
export interface Observed {
  readonly reflectors: () => readonly Reflector[];
  readonly isLeader: () => boolean;
  readonly load: () => { readonly fleets: number; readonly fleetsAgeMs: number; readonly statuses: number } | undefined;
}

/** The operator's metrics. Labels are kinds, verbs, outcomes and names of fleets: closed sets, or as many as there are fleets. */
export class OperatorMetrics {
  readonly registry: Registry = new Registry();
  readonly #reconciles: Counter<'fleet' | 'outcome'>;
  readonly #reconcileSeconds: Histogram;
  readonly #propagationSeconds: Histogram;
  readonly #writtenBytes: Counter<'fleet' | 'document'>;
  readonly #writes: Counter<'fleet' | 'document'>;
  readonly #damaged: Counter<'fleet'>;
  readonly #statuses: Counter<'kind' | 'outcome'>;
  readonly #requests: Counter<'verb' | 'resource' | 'status'>;
  readonly #requestBytes: Counter<'verb' | 'resource'>;
  readonly #gateways: Gauge<'fleet' | 'state'>;
  readonly #evictions: Counter<'fleet' | 'outcome'>;
  readonly #untold: Counter<'fleet'>;

  constructor(observed: Observed) {
    const registers = [this.registry];
    this.#reconciles = new Counter({
      name: 'evergate_operator_reconciles_total',
      help: 'Turns of a fleet, by what came of them',
      labelNames: ['fleet', 'outcome'],
      registers,
    });
    this.#reconcileSeconds = new Histogram({
      name: 'evergate_operator_reconcile_seconds',
      help: 'How long a turn of a fleet took',
      buckets: SECONDS,
      registers,
    });
    this.#propagationSeconds = new Histogram({
      name: 'evergate_operator_propagation_seconds',
      help: 'From the operator hearing of a generation of a route to every gateway serving it',
      buckets: SECONDS,
      registers,
    });
    this.#writes = this.#counter('evergate_operator_document_writes_total', 'Objects of documents that were written', [
      'fleet',
      'document',
    ]);
    this.#writtenBytes = this.#counter('evergate_operator_document_written_bytes_total', 'Bytes of documents written', [
      'fleet',
      'document',
    ]);
    this.#damaged = this.#counter(
      'evergate_operator_documents_damaged_total',
      'Documents found damaged and written anew',
      ['fleet'],
    );
    this.#statuses = this.#counter('evergate_operator_status_writes_total', 'Statuses written, or refused', [
      'kind',
      'outcome',
    ]);
    this.#requests = this.#counter(
      'evergate_operator_api_requests_total',
      'Requests to the API server; status 0 is no answer',
      ['verb', 'resource', 'status'],
    );
    this.#requestBytes = this.#counter('evergate_operator_api_request_bytes_total', 'Bytes sent to the API server', [
      'verb',
      'resource',
    ]);
    this.#evictions = this.#counter(
      'evergate_operator_gateway_evictions_total',
      'Evictions of gateways that were stuck on an older table, by what came of them',
      ['fleet', 'outcome'],
    );
    this.#untold = this.#counter(
      'evergate_operator_mounts_untold_total',
      'Pods whose kubelet could not be told of new documents',
      ['fleet'],
    );
    this.#gateways = new Gauge({
      name: 'evergate_operator_gateways',
      help: 'Gateways of a fleet by state, as the leader sees them: how many are desired, ready, may be sent requests (receiving), do not serve the newest table (behind), do not answer the operator (unreachable)',
      labelNames: ['fleet', 'state'],
      registers,
    });
    observe(this.registry, observed);
  }

  onRequest(report: RequestReport): void {
    const { verb, resource, status, requestBytes } = report;
    this.#requests.inc({ verb, resource, status });
    this.#requestBytes.inc({ verb, resource }, requestBytes);
  }

  onEvent(event: ControllerEvent): void {
    switch (event.type) {
      case 'reconciled':
        this.#reconciles.inc({ fleet: event.fleet, outcome: event.outcome.outcome });
        this.#reconcileSeconds.observe(event.tookMs / 1_000);
        return;
      case 'failed':
        this.#reconciles.inc({ fleet: event.fleet, outcome: 'Failed' });
        return;
      case 'forgotten':
        return this.#forget(event.fleet);
      case 'published':
        this.#onPublish(event);
        return;
      case 'acknowledged': {
        const { receiving, pods } = event.acknowledgement;
        const silent = pods.filter(({ answer }) => answer.outcome === 'Unreachable').length;
        this.#gateways.set({ fleet: event.fleet, state: 'receiving' }, receiving.length);
        this.#gateways.set({ fleet: event.fleet, state: 'unreachable' }, silent);
        return;
      }
      case 'counted': {
        const { desired, ready, receiving, onRevision } = event.gateways;
        this.#gateways.set({ fleet: event.fleet, state: 'desired' }, desired);
        this.#gateways.set({ fleet: event.fleet, state: 'ready' }, ready);
        this.#gateways.set({ fleet: event.fleet, state: 'behind' }, receiving - onRevision);
        return;
      }
      case 'statusWritten':
        this.#statuses.inc({ kind: event.resource.kind, outcome: 'Written' });
        return;
      case 'statusFailed':
        this.#statuses.inc({ kind: event.resource.kind, outcome: 'Failed' });
        return;
      case 'eviction':
        return this.#evictions.inc({ fleet: objectKey(event.fleet.metadata), outcome: event.eviction.outcome });
      case 'untold':
        return this.#untold.inc({ fleet: event.fleet });
      case 'propagated':
        this.#propagationSeconds.observe(event.ms / 1_000);
        return;
    }
  }

  /** Who no longer leads no longer looks: what it saw last would be told for ever. */
  endTerm(): void {
    this.#gateways.reset();
  }

  /** The series of a fleet that is gone go with it. */
  #forget(fleet: string): void {
    for (const state of gatewayStates) this.#gateways.remove({ fleet, state });
    for (const outcome of ['Published', 'Unchanged', 'HeldBack', 'Failed']) this.#reconciles.remove({ fleet, outcome });
    for (const counter of [this.#writes, this.#writtenBytes]) {
      for (const document of documentKinds) counter.remove({ fleet, document });
    }
    for (const outcome of ['Evicted', 'Forbidden', 'Failed']) this.#evictions.remove({ fleet, outcome });
    this.#damaged.remove({ fleet });
    this.#untold.remove({ fleet });
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #onPublish({ fleet, event }: Extract<ControllerEvent, { type: 'published' }>): void {
    if (event.type === 'damaged') return this.#damaged.inc({ fleet });
    this.#writes.inc({ fleet, document: event.kind });
    this.#writtenBytes.inc({ fleet, document: event.kind }, event.bytes);
  }
}

function observe(registry: Registry, { reflectors, isLeader, load }: Observed): void {
  const registers = [registry];
  gauge('evergate_operator_leader', 'Whether this process leads', () => Number(isLeader()));
  gauge('evergate_operator_queue_depth', 'Fleets that wait for a turn', () => load()?.fleets ?? 0);
  gauge(
    'evergate_operator_queue_age_seconds',
    'How long the first of them has waited',
    () => (load()?.fleetsAgeMs ?? 0) / 1_000,
  );
  gauge('evergate_operator_statuses_waiting', 'Statuses that wait to be written', () => load()?.statuses ?? 0);
  gauge('evergate_operator_watch_restarts', 'Watches opened anew since the start', () => {
    let restarts = 0;
    for (const { counts } of reflectors()) for (const count of Object.values(counts.restarts)) restarts += count;
    return restarts;
  });
  gauge(
    'evergate_operator_caches_unsynced',
    'Kinds of which nothing complete is known yet',
    () => reflectors().filter(({ hasSynced }) => !hasSynced).length,
  );

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
}
