import type { BackendEndpoints } from '@evergate/contract/endpoints';
import type { Rule } from '@evergate/contract/routeTable';
import type { WeightedBackends } from '../../src/balance/weightedBackends.ts';
import type { Change } from '../../src/reload/change.ts';
import { FileSource } from '../../src/reload/fileSource.ts';
import type { ReloadEvent } from '../../src/reload/reloadEvent.ts';
import { Reloader, type ReloaderOptions } from '../../src/reload/reloader.ts';
import type { NamedSource } from '../../src/reload/source.ts';
import { compileRule, compileSnapshot } from '../../src/snapshot/compile.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import type { Publisher } from './publisher.ts';

const noBackends = { entries: [], pick: () => undefined } as unknown as WeightedBackends;

/** A reloader on a publisher's directory or on other sources, and the gateway behind it reduced to what was applied. */
export class Rig implements AsyncDisposable {
  readonly events: ReloadEvent[] = [];
  readonly changes: Change[] = [];
  readonly reloader: Reloader;
  compiledRules = 0;
  snapshot: Snapshot | undefined;
  endpoints: readonly BackendEndpoints[] = [];
  #wake: () => void = () => {};

  constructor(from: Publisher | readonly NamedSource[], options: Partial<ReloaderOptions> = {}) {
    this.reloader = new Reloader({
      sources: 'root' in from ? [mountOf(from)] : from,
      compileRule: (rule: Rule) => {
        this.compiledRules += 1;
        return compileRule(rule, { slot: () => 0, backends: () => noBackends });
      },
      compileSnapshot,
      apply: (change) => this.#apply(change),
      report: (event) => this.#report(event),
      ...options,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.reloader.close();
  }

  get ruleIds(): string[] {
    return (this.snapshot?.rules ?? []).map(({ rule }) => rule.id);
  }

  /** Resolves with the next event that fits, looking at those from `since` on. */
  async event<T extends ReloadEvent['type']>(
    type: T,
    fits: (event: Extract<ReloadEvent, { readonly type: T }>) => boolean = () => true,
    since = 0,
  ): Promise<Extract<ReloadEvent, { readonly type: T }>> {
    for (let next = since; ; next++) {
      while (next >= this.events.length) await new Promise<void>((resolve) => (this.#wake = resolve));
      const event = this.events[next];
      if (isOfType(event, type) && fits(event)) return event;
    }
  }

  swapped(kind: Change['kind'], sequence: number): Promise<ReloadEvent> {
    return this.event('swapped', (event) => event.kind === kind && event.order.sequence === sequence);
  }

  /** What was refused, one line a problem; waits for the `nth` refusal. */
  async refused(nth = 1): Promise<string> {
    let seen = 0;
    const event = await this.event('refused', () => ++seen === nth);
    return event.problems.map(({ path, message }) => `${path}: ${message}`).join('\n');
  }

  #apply(change: Change): void {
    this.changes.push(change);
    if (change.kind === 'routes') this.snapshot = change.snapshot;
    if (change.kind === 'endpoints') this.endpoints = change.backends;
  }

  #report(event: ReloadEvent): void {
    this.events.push(event);
    this.#wake();
  }
}

function mountOf({ root }: Publisher): NamedSource {
  return { name: 'Mount', source: new FileSource(root, { settleMs: 20, pollMs: 200 }) };
}

function isOfType<T extends ReloadEvent['type']>(
  event: ReloadEvent | undefined,
  type: T,
): event is Extract<ReloadEvent, { readonly type: T }> {
  return event?.type === type;
}
