import type { ActiveHealth } from '@evergate/contract/backendSettings';
import type { Counters } from '../observe/counters.ts';
import type { Backend } from './backend.ts';
import type { UpstreamEndpoint } from './endpoint.ts';
import { probeHttp, probeTcp } from './probe.ts';

const TICK_MS = 100;
/** Of all backends together: what is due beyond that waits for a later tick, longest due first. */
const MAX_PER_TICK = 20;
const MAX_IN_FLIGHT = 64;
/** An endpoint that cannot be connected to is tried again after a second, then after twice as long each time. */
const RECONNECT_MS = 1_000;
const MAX_RECONNECT_MS = 10_000;
const MAX_CONNECT_MS = 5_000;

/** What probes count. */
export type ProbeCounters = Pick<Counters, 'probesSent' | 'probesFailed' | 'probesPostponed'>;

export interface ProberOptions {
  readonly counters: ProbeCounters;
  readonly backends: Iterable<Backend>;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** Uniform from 0 to below 1. */
  readonly random?: () => number;
}

/** What is known of the probes of one endpoint. */
interface ProbeRecord {
  /** For whom `dueAt` holds: another kind of probe, or other settings, begin anew. */
  purpose: ActiveHealth | 'Reconnect' | undefined;
  dueAt: number;
  busy: boolean;
  /** Successes in a row, or failures as a negative number. */
  streak: number;
}

interface DueProbe {
  readonly backend: Backend;
  readonly endpoint: UpstreamEndpoint;
  readonly record: ProbeRecord;
}

/**
 * Looks after endpoints without sending requests of clients there: probes those whose backend asks for it, and connects to those that
 * could not be connected to, until that succeeds. All probes together are bounded in number and rate.
 */
export class Prober {
  readonly #options: ProberOptions;
  readonly #random: () => number;
  readonly #records = new WeakMap<UpstreamEndpoint, ProbeRecord>();
  readonly #timer: NodeJS.Timeout;
  #inFlight = 0;

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.#timer.unref();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Starts what is due. Called by the timer. */
  tick(): void {
    const now = this.#options.clock();
    const due = [...this.#due(now)].sort((a, b) => a.record.dueAt - b.record.dueAt);
    const room = Math.min(MAX_PER_TICK, MAX_IN_FLIGHT - this.#inFlight);
    this.#options.counters.probesPostponed += Math.max(0, due.length - room);
    for (const probe of due.slice(0, room)) void this.#run(probe);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  *#due(now: number): Generator<DueProbe> {
    for (const backend of this.#options.backends) {
      const { activeHealth } = backend.settings;
      if (activeHealth === undefined && backend.selection(now).unreachable === 0) continue;
      for (const endpoint of backend.usable) {
        const record = this.#record(endpoint, purposeOf(endpoint, activeHealth), now);
        if (record !== undefined && !record.busy && record.dueAt <= now) yield { backend, endpoint, record };
      }
    }
  }

  /** The start of the first probe is random, so that the gateways of a fleet do not probe at once. */
  #record(endpoint: UpstreamEndpoint, purpose: ProbeRecord['purpose'], now: number): ProbeRecord | undefined {
    const known = this.#records.get(endpoint);
    if (known?.purpose === purpose) return known;
    if (known?.busy === true) return undefined;
    // Settings come again with each reload: that must not put probes off.
    if (isActive(known?.purpose) && isActive(purpose)) return Object.assign(known as ProbeRecord, { purpose });
    const firstMs = isActive(purpose) ? purpose.intervalMs * this.#random() : RECONNECT_MS;
    const record = { purpose, dueAt: now + firstMs, busy: false, streak: 0 };
    this.#records.set(endpoint, record);
    return purpose === undefined ? undefined : record;
  }

  async #run(probe: DueProbe): Promise<void> {
    const { backend, endpoint, record } = probe;
    const { purpose } = record;
    if (purpose === undefined) return;
    record.busy = true;
    this.#inFlight++;
    this.#options.counters.probesSent++;
    const success = await send(endpoint, purpose, backend.connectTimeoutMs);
    this.#inFlight--;
    record.busy = false;
    if (!success) this.#options.counters.probesFailed++;
    if (!endpoint.retired) this.#judge(probe, success, this.#options.clock());
  }

  #judge({ endpoint, record }: DueProbe, success: boolean, now: number): void {
    const { purpose } = record;
    record.streak = success ? Math.max(record.streak, 0) + 1 : Math.min(record.streak, 0) - 1;
    if (!isActive(purpose)) {
      const waitMs = Math.min(MAX_RECONNECT_MS, RECONNECT_MS * 2 ** Math.max(0, -record.streak));
      record.dueAt = now + waitMs * this.#jitter();
      if (success) endpoint.health.connected(now);
      return;
    }
    record.dueAt = now + purpose.intervalMs * this.#jitter();
    if (record.streak >= purpose.healthyThreshold) endpoint.health.probed(true, now);
    if (-record.streak >= purpose.unhealthyThreshold) endpoint.health.probed(false, now);
  }

  /** From 0.9 to 1.1. */
  #jitter(): number {
    return 0.9 + this.#random() * 0.2;
  }
}

function isActive(purpose: ProbeRecord['purpose']): purpose is ActiveHealth {
  return purpose !== undefined && purpose !== 'Reconnect';
}

/** An endpoint that is probed shows so by itself when it is back; without probes, connecting is all that can be tried. */
function purposeOf(endpoint: UpstreamEndpoint, activeHealth: ActiveHealth | undefined): ProbeRecord['purpose'] {
  return endpoint.health.connectFailedAt === undefined ? activeHealth : 'Reconnect';
}

function send(
  endpoint: UpstreamEndpoint,
  purpose: ActiveHealth | 'Reconnect',
  connectTimeoutMs: number,
): Promise<boolean> {
  if (purpose === 'Reconnect') return probeTcp(endpoint, Math.min(connectTimeoutMs, MAX_CONNECT_MS));
  return purpose.type === 'HTTP' ? probeHttp(endpoint, purpose) : probeTcp(endpoint, purpose.timeoutMs);
}
