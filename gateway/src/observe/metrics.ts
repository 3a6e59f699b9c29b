import type { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Counters } from './counters.ts';
import type { EventLoopMonitor } from './eventLoop.ts';
import { familyHead, sample } from './exposition.ts';
import { backendFamilies, gatewayFamilies, ruleFamilies } from './families.ts';
import { writeSliced } from './slicedWriter.ts';

/** Media type of the Prometheus text format. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Leaves room for those of the registry below 100,000. */
const SERIES_LIMIT = 99_000;

/** They look at every open socket at each scrape; `evergate_connections_open` says the same for nothing. */
const COSTLY_DEFAULTS: readonly string[] = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
];

export interface MetricsOptions {
  readonly counters: Counters;
  readonly eventLoop: EventLoopMonitor;
  /** `telemetry.metrics.perRoute` of the table served now. */
  readonly perRoute: () => 'All' | 'None';
  /** Brings gauges up to date that nobody touches as they change. */
  readonly refresh?: () => void;
}

/**
 * The gateway's metrics as text. What the request path counts is written from typed arrays in slices; everything else stands in a
 * prom-client registry, where other parts may register what they do not touch on the path. The longest block of the event loop is
 * forgotten with each `write`.
 */
export class Metrics {
  readonly registry: Registry = new Registry();
  readonly #options: MetricsOptions;

  constructor(options: MetricsOptions) {
    this.#options = options;
    collectDefaultMetrics({ register: this.registry });
    for (const name of COSTLY_DEFAULTS) this.registry.removeSingleMetric(name);
  }

  /**
   * Writes every family to `sink`, fewer than 100,000 samples: what concerns the whole gateway first, then the backends, then the
   * rules; what is beyond the limit is counted in `evergate_metrics_series_omitted`. Rejects when `signal` aborts.
   */
  async write(sink: Writable, signal: AbortSignal): Promise<void> {
    sink.write(await this.registry.metrics());
    await nextTurn();
    await writeSliced(withinLimit(this.#chunks(), SERIES_LIMIT), sink, signal);
  }

  *#chunks(): Generator<string> {
    const { counters, eventLoop } = this.#options;
    counters.rules.sweep();
    counters.backends.sweep();
    this.#options.refresh?.();
    yield* gatewayFamilies(counters, eventLoop.takeLongest());
    yield* backendFamilies(counters);
    if (this.#options.perRoute() === 'All') yield* ruleFamilies(counters);
  }
}

/** Passes heads and the first `limit` samples, then says how many were left out. */
function* withinLimit(chunks: Iterable<string>, limit: number): Generator<string> {
  let samples = 0;
  for (const chunk of chunks) {
    if (!chunk.startsWith('#')) samples += 1;
    if (samples <= limit || chunk.startsWith('#')) yield chunk;
  }
  const name = 'evergate_metrics_series_omitted';
  yield familyHead(name, 'gauge', 'Samples left out of this scrape because there are too many.');
  yield sample(name, '', Math.max(0, samples - limit));
}
