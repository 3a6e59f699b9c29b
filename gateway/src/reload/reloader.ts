import type {
  DocumentIndex,
  DocumentOrder,
  EndpointsIndex,
  RoutesIndex,
  SecretsIndex,
} from '@evergate/contract/document';
import type { EndpointsPart } from '@evergate/contract/endpoints';
import type { DocumentKind } from '@evergate/contract/names';
import { endpointsPartSteps, secretsPartSteps } from '@evergate/contract/parse';
import type { Problem } from '@evergate/contract/problem';
import type { BackendSettings } from '@evergate/contract/routeTable';
import type { SecretsPart } from '@evergate/contract/secrets';
import type { SnapshotParts } from '../snapshot/compile.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { type Breathe, createBreather } from './breathe.ts';
import type { Change } from './change.ts';
import { type CompiledPart, type CompileRule, compiledPartSteps } from './compiledPart.ts';
import { type Candidate, DocumentTrack } from './documentTrack.ts';
import { ListedEndpoints } from './listedEndpoints.ts';
import { areNeedsMet, rulesWithout } from './needs.ts';
import type { ReloadEvent } from './reloadEvent.ts';
import type { ReloadStatus, ServedDocument } from './reloadStatus.ts';
import type { DocumentSource } from './source.ts';
import { systemTimers, type Timers } from './timers.ts';

const MAX_LISTED = 100;
/** How long routes wait for the endpoints and secrets they need. */
const NEEDS_WAIT_MS = 2_000;

export interface ReloaderOptions {
  readonly source: DocumentSource;
  readonly compileRule: CompileRule;
  readonly compileSnapshot: (parts: SnapshotParts, breathe: Breathe) => Promise<Snapshot>;
  /** Swaps the change in. Must not throw. Rules keep being compiled against what was applied last. */
  readonly apply: (change: Change) => void;
  readonly report: (event: ReloadEvent) => void;
  readonly timers?: Timers;
  /** Paces all the work; slices of 8 ms by default. */
  readonly breathe?: Breathe;
}

interface StagedRoutes {
  readonly index: RoutesIndex;
  readonly snapshot: Snapshot;
  readonly backends: readonly BackendSettings[];
  readonly leftOut: readonly Problem[];
  readonly parsedParts: number;
}

/**
 * Brings documents from a source into service: index, changed parts, hash, parse, compile, swap. One document is worked on at a
 * time, in slices, beside what is served; a document with anything wrong changes nothing. Compiling and swapping never overlap:
 * a swap may retire backends that rules of a table in the making have just been joined to.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #timers: Timers;
  readonly #breathe: Breathe;
  readonly #routes: DocumentTrack<RoutesIndex, CompiledPart>;
  readonly #endpoints: DocumentTrack<EndpointsIndex, EndpointsPart>;
  readonly #secrets: DocumentTrack<SecretsIndex, SecretsPart>;
  readonly #served: Record<DocumentKind, ServedDocument | null> = { routes: null, endpoints: null, secrets: null };
  readonly #listed = new ListedEndpoints();
  #gateways = 0;
  #live: StagedRoutes | undefined;
  #waitingRules: readonly string[] = [];
  /** Valid routes that wait for what they need, until their time is up. */
  #staged: StagedRoutes | undefined;
  #cancelDeadline: (() => void) | undefined;
  #overdue = false;
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#breathe = options.breathe ?? createBreather();
    const { source, report, compileRule } = options;
    const shared = { source, report, wake: () => this.#wake(), timers: this.#timers, breathe: this.#breathe };
    const routesSteps = (text: string) => compiledPartSteps(text, compileRule);
    this.#routes = new DocumentTrack({ ...shared, kind: 'routes', isKind: isRoutes, stepsOf: routesSteps });
    this.#endpoints = new DocumentTrack({
      ...shared,
      kind: 'endpoints',
      isKind: isEndpoints,
      stepsOf: endpointsPartSteps,
    });
    this.#secrets = new DocumentTrack({ ...shared, kind: 'secrets', isKind: isSecrets, stepsOf: secretsPartSteps });
  }

  /** Begins. Resolves when what the source had at the start is served or refused, or waits for what it needs. */
  async start(): Promise<void> {
    const tracks = { routes: this.#routes, endpoints: this.#endpoints, secrets: this.#secrets };
    await this.#options.source.start({
      onIndex: (kind, text) => tracks[kind].offer(text),
      onProblem: (message) => this.#options.report({ type: 'sourceProblem', message }),
    });
    await this.#working;
  }

  get status(): ReloadStatus {
    const refused = [this.#routes, this.#endpoints, this.#secrets].flatMap((track) => track.refused);
    const leftOut = this.#live?.leftOut ?? [];
    const waitingRules = this.#waitingRules;
    return { documents: { ...this.#served }, stale: refused.length > 0, waitingRules, refused, leftOut };
  }

  /** Stops: nothing is applied once it resolves. Closes the source. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelDeadline?.();
    for (const track of [this.#routes, this.#endpoints, this.#secrets]) track.close();
    await this.#options.source.close();
    await this.#working;
  }

  #wake(): void {
    this.#working ??= this.#work();
  }

  /** Endpoints and secrets go first: routes need them. Each round looks at each kind once, so that none starves another. */
  async #work(): Promise<void> {
    await undefined;
    while (!this.#closed && this.#hasWork()) {
      try {
        this.#swapEndpoints(await this.#endpoints.load());
        this.#swapSecrets(await this.#secrets.load());
        await this.#stageRoutes(await this.#routes.load());
        this.#swapRoutes();
      } catch (error) {
        this.#options.report({ type: 'failed', error });
      }
    }
    this.#working = undefined;
  }

  #hasWork(): boolean {
    const isPending = this.#routes.isPending || this.#endpoints.isPending || this.#secrets.isPending;
    return isPending || (this.#staged !== undefined && this.#overdue);
  }

  #swapEndpoints(candidate: Candidate<EndpointsIndex, EndpointsPart> | undefined): void {
    if (candidate === undefined || this.#closed) return;
    this.#listed.replace(partsOf(candidate).flatMap(({ backends }) => backends));
    this.#gateways = candidate.index.gateways;
    this.#applyEndpoints();
    this.#note('endpoints', candidate.index, candidate.parsedParts);
  }

  #swapSecrets(candidate: Candidate<SecretsIndex, SecretsPart> | undefined): void {
    if (candidate === undefined || this.#closed) return;
    this.#options.apply({ kind: 'secrets', secrets: partsOf(candidate).flatMap(({ secrets }) => secrets) });
    this.#note('secrets', candidate.index, candidate.parsedParts);
  }

  async #stageRoutes(candidate: Candidate<RoutesIndex, CompiledPart> | undefined): Promise<void> {
    if (candidate === undefined || this.#closed) return;
    const { index, parsedParts } = candidate;
    const parts = partsOf(candidate);
    const rules = parts.flatMap((part) => part.rules);
    const { settings } = index;
    const snapshot = await this.#options.compileSnapshot({ order: orderOf(index), settings, rules }, this.#breathe);
    const backends = parts.flatMap((part) => part.backends);
    const leftOut = parts.flatMap((part) => part.leftOut).slice(0, MAX_LISTED);
    this.#staged = { index, snapshot, backends, leftOut, parsedParts };
  }

  #swapRoutes(): void {
    const staged = this.#staged;
    if (staged === undefined || this.#closed) return;
    if (!this.#overdue && !areNeedsMet(staged.index, this.#served)) return this.#awaitNeeds();
    this.#endWait();
    const { index, snapshot, backends, leftOut, parsedParts } = staged;
    this.#live = staged;
    this.#options.apply({ kind: 'routes', snapshot, backends });
    if (this.#listed.dropUnnamed()) this.#applyEndpoints();
    this.#note('routes', index, parsedParts);
    if (leftOut.length > 0) this.#options.report({ type: 'leftOut', problems: leftOut });
  }

  /** One time limit from the first routes that wait, however many replace them meanwhile. */
  #awaitNeeds(): void {
    this.#cancelDeadline ??= this.#timers.after(NEEDS_WAIT_MS, () => {
      this.#overdue = true;
      this.#wake();
    });
  }

  #endWait(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = undefined;
    this.#overdue = false;
    this.#staged = undefined;
  }

  #applyEndpoints(): void {
    this.#options.apply({ kind: 'endpoints', backends: this.#listed.all, gateways: this.#gateways });
  }

  #note(kind: DocumentKind, index: DocumentIndex, parsedParts: number): void {
    const order = orderOf(index);
    this.#served[kind] = { ...order, since: new Date(this.#timers.now()).toISOString() };
    this.#options.report({ type: 'swapped', kind, order, parsedParts });
    this.#noteWaiting();
  }

  #noteWaiting(): void {
    const live = this.#live;
    const met = live === undefined || areNeedsMet(live.index, this.#served);
    this.#waitingRules = met ? [] : rulesWithout(live.snapshot.rules, (backend) => this.#listed.has(backend));
    if (!met) this.#options.report({ type: 'waiting', rules: this.#waitingRules.slice(0, MAX_LISTED) });
  }
}

function partsOf<P>({ index, parts }: Candidate<DocumentIndex, P>): P[] {
  return index.parts.flatMap(({ hash }) => parts.get(hash) ?? []);
}

function orderOf({ fleetUID, epoch, sequence, revision }: DocumentOrder): DocumentOrder {
  return { fleetUID, epoch, sequence, revision };
}

function isRoutes(index: DocumentIndex): index is RoutesIndex {
  return index.kind === 'routes';
}

function isEndpoints(index: DocumentIndex): index is EndpointsIndex {
  return index.kind === 'endpoints';
}

function isSecrets(index: DocumentIndex): index is SecretsIndex {
  return index.kind === 'secrets';
}
