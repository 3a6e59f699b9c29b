const INTERVAL_MS = 5;

export interface EventLoopClocks {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Milliseconds of CPU time that this thread has used. */
  readonly cpuMs: () => number;
}

const systemClocks: EventLoopClocks = {
  now: () => performance.now(),
  cpuMs: () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  },
};

/** The longest time in which the event loop did not turn. Both are never less than the true block, and at most 5 ms more. */
export interface LongestBlock {
  readonly wallMs: number;
  /** What the thread itself computed meanwhile: a busy neighbour on the machine does not add to it. */
  readonly cpuMs: number;
}

/**
 * Watches for blocks of the event loop: a timer of 5 ms, and what passed between two of its calls. `monitorEventLoopDelay` knows no
 * CPU time, and its histogram says by how much a timer was late, which can be less than the block.
 */
export class EventLoopMonitor {
  readonly #clocks: EventLoopClocks;
  readonly #timer: NodeJS.Timeout;
  #at: number;
  #cpuAt: number;
  #wallMs = 0;
  #cpuMs = 0;

  constructor(clocks: EventLoopClocks = systemClocks) {
    this.#clocks = clocks;
    this.#at = clocks.now();
    this.#cpuAt = clocks.cpuMs();
    this.#timer = setInterval(() => this.tick(), INTERVAL_MS);
    this.#timer.unref();
  }

  /** Notes one turn. Called by the timer; tests call it with their own clocks. */
  tick(): void {
    const at = this.#clocks.now();
    const cpuAt = this.#clocks.cpuMs();
    this.#wallMs = Math.max(this.#wallMs, at - this.#at);
    this.#cpuMs = Math.max(this.#cpuMs, cpuAt - this.#cpuAt);
    this.#at = at;
    this.#cpuAt = cpuAt;
  }

  /** The longest block since the last call. */
  takeLongest(): LongestBlock {
    const longest = { wallMs: this.#wallMs, cpuMs: this.#cpuMs };
    this.#wallMs = 0;
    this.#cpuMs = 0;
    return longest;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
