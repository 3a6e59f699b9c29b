import type { Timers } from '@evergate/gateway/reload/timers';
import { Backoff } from './backoff.ts';

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A process that is running. */
export interface RunningProcess {
  readonly pid: number;
  /** Resolves once it has ended. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface SupervisorOptions {
  /** How many processes there shall be. They are numbered from 1. */
  readonly count: number;
  /** Starts process `number`. What it throws counts as a death. */
  start(number: number): RunningProcess;
  onStart(number: number, process: RunningProcess): void;
  /** `restartMs` is how long it takes until the next start. */
  onEnd(number: number, end: ProcessEnd, restartMs: number): void;
  readonly timers: Timers;
}

interface Slot {
  readonly number: number;
  readonly backoff: Backoff;
  process: RunningProcess | undefined;
  cancelStart: () => void;
}

/** Keeps a fixed number of processes alive: whichever ends, for whatever reason, is started again under its number. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #slots: readonly Slot[];
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.count }, (_, i) => ({
      number: i + 1,
      backoff: new Backoff(),
      process: undefined,
      cancelStart: () => {},
    }));
  }

  /** Does nothing once `stop` was called. */
  start(): void {
    if (this.#stopping) return;
    for (const slot of this.#slots) this.#start(slot);
  }

  /** Ends them all: SIGTERM at once, SIGKILL for those that are left after `graceMs`. Resolves when all have ended. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    for (const slot of this.#slots) slot.cancelStart();
    const running = this.#slots.flatMap(({ process }) => process ?? []);
    for (const process of running) process.kill('SIGTERM');
    const cancel = this.#options.timers.after(graceMs, () => {
      for (const process of running) process.kill('SIGKILL');
    });
    await Promise.all(running.map(({ ended }) => ended));
    cancel();
  }

  #start(slot: Slot): void {
    const startedAt = this.#options.timers.now();
    const end = (how: ProcessEnd): void => this.#ended(slot, how, this.#options.timers.now() - startedAt);
    try {
      const process = this.#options.start(slot.number);
      slot.process = process;
      this.#options.onStart(slot.number, process);
      process.ended.then(end, () => end({ code: null, signal: null }));
    } catch {
      end({ code: null, signal: null });
    }
  }

  #ended(slot: Slot, end: ProcessEnd, livedMs: number): void {
    slot.process = undefined;
    if (this.#stopping) return;
    const restartMs = slot.backoff.next(livedMs);
    this.#options.onEnd(slot.number, end, restartMs);
    slot.cancelStart = this.#options.timers.after(restartMs, () => this.#start(slot));
  }
}
