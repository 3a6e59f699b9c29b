import type { PassiveHealth } from '@evergate/contract/backendSettings';
import { FailureWindow } from './failureWindow.ts';

/**
 * `Unreachable`: the latest attempt to connect failed. `Unhealthy`: probes say so. `Ejected`: too many requests failed. `OnTrial`: it was
 * ejected long enough, and one request is there to see.
 */
export type EndpointState = 'Healthy' | 'Unreachable' | 'Unhealthy' | 'Ejected' | 'OnTrial';

/** What an endpoint's health asks of its backend. */
export interface HealthOwner {
  readonly passiveHealth: PassiveHealth | undefined;
  readonly slowStartMs: number;
  /** Whether one more endpoint may be ejected. */
  mayEject(): boolean;
  /** An endpoint's state changed, from the next pick on. */
  onHealthChanged(): void;
}

/** What is known of an endpoint's health, whichever routes use it. The clock is the caller's, in milliseconds. */
export class EndpointHealth {
  readonly #owner: HealthOwner;
  #connectFailedAt: number | undefined;
  #probeFailed = false;
  #ejectedUntil: number | undefined;
  #onTrial = false;
  #failures: FailureWindow | undefined;
  #warmFrom = Number.NEGATIVE_INFINITY;

  constructor(owner: HealthOwner) {
    this.#owner = owner;
  }

  get state(): EndpointState {
    if (this.#connectFailedAt !== undefined) return 'Unreachable';
    if (this.#onTrial) return 'OnTrial';
    if (this.#ejectedUntil !== undefined) return 'Ejected';
    return this.#probeFailed ? 'Unhealthy' : 'Healthy';
  }

  /** When the latest attempt to connect failed; undefined after one that succeeded. */
  get connectFailedAt(): number | undefined {
    return this.#connectFailedAt;
  }

  /** When a request may go there to see; undefined where it is not ejected. */
  get ejectedUntil(): number | undefined {
    return this.#ejectedUntil;
  }

  get probeFailed(): boolean {
    return this.#probeFailed;
  }

  /** When it takes its whole share; slow start is over then. */
  warmAt(): number {
    return this.#warmFrom + this.#owner.slowStartMs;
  }

  /** From 0.1 for one that has just come (back) to 1. */
  warmth(now: number): number {
    const { slowStartMs } = this.#owner;
    if (slowStartMs === 0) return 1;
    return Math.min(1, Math.max(0.1, (now - this.#warmFrom) / slowStartMs));
  }

  /** It is new, or has come back. */
  warm(now: number): void {
    this.#warmFrom = now;
  }

  connectFailed(now: number): void {
    const isNew = this.#connectFailedAt === undefined;
    this.#connectFailedAt = now;
    if (isNew) this.#owner.onHealthChanged();
  }

  connected(now: number): void {
    if (this.#connectFailedAt === undefined) return;
    this.#connectFailedAt = undefined;
    this.#warmFrom = now;
    this.#owner.onHealthChanged();
  }

  probed(healthy: boolean, now: number): void {
    if (this.#probeFailed === !healthy) return;
    this.#probeFailed = !healthy;
    if (healthy) this.#warmFrom = now;
    this.#owner.onHealthChanged();
  }

  /**
   * A request failed there: the failure that is one too many within `failTimeoutMs` takes it out for as long (nginx's `max_fails` and
   * `fail_timeout`), unless too many others are out already. Returns whether it was ejected by this one.
   */
  failed(now: number): boolean {
    const passive = this.#owner.passiveHealth;
    if (passive === undefined) return false;
    if (this.#onTrial) return this.#eject(now, passive);
    if (this.#failures?.tooMany !== passive.maxFails) this.#failures = new FailureWindow(passive.maxFails);
    const isTooMany = this.#failures.add(now, passive.failTimeoutMs);
    if (!isTooMany || this.#ejectedUntil !== undefined || !this.#owner.mayEject()) return false;
    return this.#eject(now, passive);
  }

  /** A request was answered well. In a panic endpoints get requests without a trial, and may show so that they are back. */
  succeeded(now: number): void {
    if (this.#onTrial || (this.#ejectedUntil ?? Number.POSITIVE_INFINITY) <= now) this.#restore(now);
  }

  /** One request goes there to see; until it is back, or for `failTimeoutMs`, no other does. */
  tryOut(now: number): void {
    const passive = this.#owner.passiveHealth;
    if (passive === undefined) return this.#restore(now);
    this.#onTrial = true;
    this.#ejectedUntil = now + passive.failTimeoutMs;
    this.#owner.onHealthChanged();
  }

  /** Passive health was switched off. */
  forgive(now: number): void {
    if (this.#ejectedUntil !== undefined) this.#restore(now);
  }

  #eject(now: number, { failTimeoutMs }: PassiveHealth): boolean {
    this.#onTrial = false;
    this.#ejectedUntil = now + failTimeoutMs;
    this.#owner.onHealthChanged();
    return true;
  }

  #restore(now: number): void {
    this.#onTrial = false;
    this.#ejectedUntil = undefined;
    this.#failures?.clear();
    this.#warmFrom = now;
    this.#owner.onHealthChanged();
  }
}
