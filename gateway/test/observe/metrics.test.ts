import { Writable } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Counters } from '../../src/observe/counters.ts';
import { EventLoopMonitor } from '../../src/observe/eventLoop.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import { samplesOf } from './scrape.ts';

const monitors: EventLoopMonitor[] = [];

function countersAt(clock: { now: number }) {
  return new Counters({ reasons: ['NoRoute', 'Timeout'], upstreamErrorKinds: ['Reset'], now: () => clock.now });
}

function metricsOf(counters: Counters, perRoute: 'All' | 'None' = 'All', clock = { now: 0 }): Metrics {
  const monitor = new EventLoopMonitor({ now: () => clock.now, cpuMs: () => clock.now / 2 });
  monitors.push(monitor);
  return new Metrics({ counters, eventLoop: monitor, perRoute: () => perRoute });
}

async function scrape(metrics: Metrics): Promise<string> {
  const blocks: string[] = [];
  const sink = new Writable({
    decodeStrings: false,
    write(block: string, _, callback) {
      blocks.push(block);
      callback();
    },
  });
  await metrics.write(sink, new AbortController().signal);
  return blocks.join('');
}

afterEach(() => {
  for (const monitor of monitors.splice(0)) monitor.close();
});

function fill(counters: Counters, rules: number): void {
  for (let index = 0; index < rules; index += 1) {
    const id = `shop/orders-${index}/api`;
    const slot = counters.rules.slotFor(id, { namespace: 'shop', route: `orders-${index}`, rule: 'api' });
    const backend = counters.backends.slotFor(`shop/orders-${index}:80`);
    counters.backends.setEndpointsReady(backend, 3);
    counters.backends.started(backend);
    counters.backends.ended(backend, true);
    for (const status of [200, 404, 503]) counters.rules.record(slot, status, 12.5, 100, 1_000);
  }
}

/** Milliseconds of CPU of the longest turn of the event loop during one scrape. */
async function longestTurn(metrics: Metrics): Promise<number> {
  const watch = new EventLoopMonitor();
  let scraping = true;
  setImmediate(function turn() {
    watch.tick();
    if (scraping) setImmediate(turn);
  });
  await scrape(metrics);
  scraping = false;
  watch.tick();
  watch.close();
  return watch.takeLongest().cpuMs;
}

describe('metrics', () => {
  test('every sample stands below the head of its family, and no family stands twice', async () => {
    const counters = countersAt({ now: 0 });
    fill(counters, 3);
    const heads: string[] = [];
    for (const line of (await scrape(metricsOf(counters))).trimEnd().split('\n')) {
      if (line === '' || line.startsWith('# HELP')) continue;
      const name = line.replace(/^# TYPE /, '').split(/[ {]/, 1)[0] as string;
      if (line.startsWith('#')) heads.push(name);
      else expect(name.replace(/_(?:bucket|sum|count)$/, '')).toBe(heads.at(-1)?.replace(/_(?:sum|count)$/, ''));
    }
    expect(new Set(heads).size).toBe(heads.length);
    expect(heads).toContain('process_cpu_seconds_total');
  });

  test('a rule has a sample for each status class it answered, and its seconds and bytes', async () => {
    const counters = countersAt({ now: 0 });
    fill(counters, 1);
    const labels = 'namespace="shop",route="orders-0",rule="api"';
    const samples = samplesOf(await scrape(metricsOf(counters)));
    expect(samples.get(`evergate_route_requests_total{${labels},code="2xx"}`)).toBe(1);
    expect(samples.has(`evergate_route_requests_total{${labels},code="1xx"}`)).toBe(false);
    expect(samples.get(`evergate_route_request_duration_seconds_total{${labels}}`)).toBe(0.0375);
    expect(samples.get(`evergate_route_request_bytes_total{${labels}}`)).toBe(300);
    expect(samples.get('evergate_requests_total{code="5xx"}')).toBe(1);
    expect(samples.get('evergate_backend_failures_total{backend="shop/orders-0:80"}')).toBe(1);
    expect(samples.get('evergate_backend_endpoints_ready{backend="shop/orders-0:80"}')).toBe(3);
    expect(samples.has('evergate_backend_requests_in_flight{backend="shop/orders-0:80"}')).toBe(false);
  });

  test('durations come as a histogram in seconds', async () => {
    const counters = countersAt({ now: 0 });
    for (const durationMs of [0.4, 7, 90_000]) counters.requestDuration.observe(durationMs);
    const samples = samplesOf(await scrape(metricsOf(counters)));
    expect(samples.get('evergate_request_duration_seconds_bucket{le="0.001"}')).toBe(1);
    expect(samples.get('evergate_request_duration_seconds_bucket{le="0.01"}')).toBe(2);
    expect(samples.get('evergate_request_duration_seconds_bucket{le="60"}')).toBe(2);
    expect(samples.get('evergate_request_duration_seconds_bucket{le="+Inf"}')).toBe(3);
    expect(samples.get('evergate_request_duration_seconds_count')).toBe(3);
    expect(samples.get('evergate_request_duration_seconds_sum')).toBeCloseTo(90.0074);
  });

  test('reasons that never happened are zero, so that an alert on their rate works from the first one', async () => {
    const counters = countersAt({ now: 0 });
    counters.localAnswers.add('NoRoute');
    const samples = samplesOf(await scrape(metricsOf(counters)));
    expect(samples.get('evergate_local_answers_total{reason="NoRoute"}')).toBe(1);
    expect(samples.get('evergate_local_answers_total{reason="Timeout"}')).toBe(0);
    expect(samples.get('evergate_upstream_errors_total{reason="Reset"}')).toBe(0);
  });

  test('the table served and its age are there once there is one', async () => {
    const clock = { now: 0 };
    const counters = countersAt(clock);
    const metrics = metricsOf(counters);
    expect(samplesOf(await scrape(metrics)).has('evergate_table_sequence')).toBe(false);
    counters.tableServed({ fleetUID: 'f', epoch: 2, sequence: 4182, revision: 'a'.repeat(64) });
    clock.now = 1_500;
    const samples = samplesOf(await scrape(metrics));
    expect(samples.get('evergate_table_epoch')).toBe(2);
    expect(samples.get('evergate_table_sequence')).toBe(4182);
    expect(samples.get('evergate_table_age_seconds')).toBe(1.5);
    expect(samples.get('evergate_reloads_total')).toBe(1);
  });

  test('the longest block of the event loop is that since the last scrape', async () => {
    const clock = { now: 0 };
    const metrics = metricsOf(countersAt({ now: 0 }), 'All', clock);
    clock.now = 40;
    monitors[0]?.tick();
    clock.now = 45;
    monitors[0]?.tick();
    const first = samplesOf(await scrape(metrics));
    expect(first.get('evergate_event_loop_block_seconds_max')).toBe(0.04);
    expect(first.get('evergate_event_loop_block_cpu_seconds_max')).toBe(0.02);
    expect(samplesOf(await scrape(metrics)).get('evergate_event_loop_block_seconds_max')).toBe(0);
  });

  test('names are escaped', async () => {
    const counters = countersAt({ now: 0 });
    const slot = counters.rules.slotFor('odd', { namespace: 'a"b', route: 'c\\d', rule: 'e\nf' });
    counters.rules.record(slot, 200, 1, 0, 0);
    expect(await scrape(metricsOf(counters))).toContain(
      'evergate_route_requests_total{namespace="a\\"b",route="c\\\\d",rule="e\\nf",code="2xx"} 1\n',
    );
  });

  test('with perRoute None no series carries a route', async () => {
    const counters = countersAt({ now: 0 });
    fill(counters, 2);
    const text = await scrape(metricsOf(counters, 'None'));
    expect(text).not.toContain('evergate_route_');
    expect(samplesOf(text).get('evergate_requests_total{code="2xx"}')).toBe(2);
  });

  test('10,000 routes with a backend each stay under 100,000 series', async () => {
    const counters = countersAt({ now: 0 });
    fill(counters, 10_000);
    const samples = samplesOf(await scrape(metricsOf(counters)));
    expect(samples.size).toBeGreaterThan(90_000);
    expect(samples.size).toBeLessThan(100_000);
    expect(samples.get('evergate_metrics_series_omitted')).toBe(0);
  });

  test('beyond the limit the series of the last rules are left out, and their number is said', async () => {
    const counters = countersAt({ now: 0 });
    fill(counters, 15_000);
    const samples = samplesOf(await scrape(metricsOf(counters)));
    expect(samples.size).toBeLessThan(100_000);
    expect(samples.get('evergate_metrics_series_omitted')).toBeGreaterThan(30_000);
    expect(samples.get('evergate_backend_endpoints_ready{backend="shop/orders-14999:80"}')).toBe(3);
  });

  test('a scrape of 10,000 routes holds the event loop for less than 20 ms of CPU at a time', async () => {
    const counters = countersAt({ now: 0 });
    fill(counters, 10_000);
    const metrics = metricsOf(counters);
    const longest: number[] = [];
    for (let round = 0; round < 5; round += 1) longest.push(await longestTurn(metrics));
    const [, , median = 0] = longest.sort((a, b) => a - b);
    process.stdout.write(`a scrape of 10,000 routes: the longest turn takes ${median.toFixed(1)} ms of CPU\n`);
    expect(median).toBeLessThan(20);
  });

  test('a reader that goes away ends the scrape', async () => {
    const counters = countersAt({ now: 0 });
    fill(counters, 1_000);
    const leaving = new AbortController();
    const full = new Writable({ highWaterMark: 1, write: () => leaving.abort() });
    await expect(metricsOf(counters).write(full, leaving.signal)).rejects.toThrow('abort');
  });
});
