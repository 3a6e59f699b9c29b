import type { DocumentIndex, EndpointsIndex, RoutesIndex, SecretsIndex } from '@evergate/contract/document';
import type { EndpointsPart } from '@evergate/contract/endpoints';
import type { DocumentKind } from '@evergate/contract/names';
import { endpointsPartSteps, secretsPartSteps } from '@evergate/contract/parse';
import type { SecretsPart } from '@evergate/contract/secrets';
import { type Breathe, createBreather } from './breathe.ts';
import type { Change } from './change.ts';
import { type CompiledPart, type CompileRule, compiledPartSteps } from './compiledPart.ts';
import { type Candidate, DocumentTrack } from './documentTrack.ts';
import { isEndpoints, isRoutes, isSecrets } from './indexKinds.ts';
import { ListedEndpoints } from './listedEndpoints.ts';
import { areNeedsMet, rulesWithout } from './needs.ts';
import type { ReadPart } from './partText.ts';
import type { ReloadEvent } from './reloadEvent.ts';
import type { ReloadStatus, ServedDocument } from './reloadStatus.ts';
import type { NamedSource } from './source.ts';
import {
  type CompileSnapshot,
  orderOf,
  partsOf,
  type RoutesCandidate,
  type StagedRoutes,
  stageRoutes,
} from './stageRoutes.ts';
import { systemTimers, type Timers } from './timers.ts';

const MAX_LISTED = 100;
/** How long routes wait for the endpoints and secrets they need. */
const NEEDS_WAIT_MS = 2_000;

/** How long the start waits for what the sources had to be worked on. */
const START_MS = 3_000;

/** Keeps what is served, for a start without the other sources. Nothing here may throw, or take long. */
export interface Keeper {
  /** A part was read that the next document of its kind may name. */
  part(part: ReadPart): void;
  /** This document is served now: its index as it came. */
  served(index: DocumentIndex, text: string): void;
}

export interface ReloaderOptions {
  readonly sources: readonly NamedSource[];
  readonly keeper?: Keeper;
  readonly compileRule: CompileRule;
  readonly compileSnapshot: CompileSnapshot;
  /** Swaps the change in. Must not throw. Rules keep being compiled against what was applied last. */
  readonly apply: (change: Change) => void;
  readonly report: (event: ReloadEvent) => void;
  readonly timers?: Timers;
  /** Paces all the work; slices of 8 ms by default. */
  readonly breathe?: Breathe;
}

/** Without where it comes from: that may change while it is served. */
type ServedOrder = Omit<ServedDocument, 'source'>;

/** What is asked of every track, whatever its kind. */
type Track = Pick<DocumentTrack<DocumentIndex, unknown>, 'offer' | 'refused' | 'source' | 'isPending' | 'close'>;

/**
 * Brings documents from their sources into service: index, changed parts, hash, parse, compile, swap. One document is worked on at a
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
  readonly #served: Record<DocumentKind, ServedOrder | null> = { routes: null, endpoints: null, secrets: null };
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
    const { sources, keeper, report, compileRule } = options;
    const onRead = (part: ReadPart): void => keeper?.part(part);
    const wake = (): void => this.#wake();
    const shared = { sources, report, wake, onRead, timers: this.#timers, breathe: this.#breathe };
    const routesSteps = (text: string, former?: CompiledPart) => compiledPartSteps(text, compileRule, former);
    this.#routes = new DocumentTrack({ ...shared, kind: 'routes', isKind: isRoutes, stepsOf: routesSteps });
    this.#endpoints = new DocumentTrack({
      ...shared,
      kind: 'endpoints',
      isKind: isEndpoints,
      stepsOf: (text) => endpointsPartSteps(text),
    });
    this.#secrets = new DocumentTrack({
      ...shared,
      kind: 'secrets',
      isKind: isSecrets,
      stepsOf: (text) => secretsPartSteps(text),
    });
  }

  /** Begins. Resolves when what the sources had at the start is served or refused, or waits for what it needs. */
  async start(): Promise<void> {
    await Promise.all(this.#options.sources.map((named) => this.#startSource(named)));
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#timers.after(START_MS, resolve);
    await Promise.race([this.#working, promise]);
    cancel();
  }

  get status(): ReloadStatus {
    const refused = Object.values(this.#tracks).flatMap((track) => track.refused);
    const documents = {
      routes: this.#describe('routes'),
      endpoints: this.#describe('endpoints'),
      secrets: this.#describe('secrets'),
    };
    const leftOut = this.#live?.leftOut ?? [];
    return { documents, stale: refused.length > 0, waitingRules: this.#waitingRules, refused, leftOut };
  }

  /** Stops: nothing is applied once it resolves. Closes the sources. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelDeadline?.();
    for (const track of Object.values(this.#tracks)) track.close();
    await Promise.all(this.#options.sources.map(({ source }) => source.close()));
    await this.#working;
  }

  get #tracks(): Record<DocumentKind, Track> {
    return { routes: this.#routes, endpoints: this.#endpoints, secrets: this.#secrets };
  }

  #startSource({ name, source }: NamedSource): Promise<void> {
    return source.start({
      onIndex: (kind, text) => this.#tracks[kind].offer(name, text),
      onProblem: (message) => this.#options.report({ type: 'sourceProblem', source: name, message }),
    });
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
    const isPending = Object.values(this.#tracks).some((track) => track.isPending);
    return isPending || (this.#staged !== undefined && this.#overdue);
  }

  #swapEndpoints(candidate: Candidate<EndpointsIndex, EndpointsPart> | undefined): void {
    if (candidate === undefined || this.#closed) return;
    this.#listed.replace(partsOf(candidate).flatMap(({ backends }) => backends));
    this.#gateways = candidate.index.gateways;
    this.#applyEndpoints();
    this.#note('endpoints', candidate);
  }

  #swapSecrets(candidate: Candidate<SecretsIndex, SecretsPart> | undefined): void {
    if (candidate === undefined || this.#closed) return;
    this.#options.apply({ kind: 'secrets', secrets: partsOf(candidate).flatMap(({ secrets }) => secrets) });
    this.#note('secrets', candidate);
  }

  async #stageRoutes(candidate: RoutesCandidate | undefined): Promise<void> {
    if (candidate === undefined || this.#closed) return;
    this.#staged = await stageRoutes(candidate, this.#live?.snapshot, this.#options.compileSnapshot, this.#breathe);
  }

  #swapRoutes(): void {
    const staged = this.#staged;
    if (staged === undefined || this.#closed) return;
    const { candidate, snapshot, backends, leftOut } = staged;
    if (!this.#overdue && !areNeedsMet(candidate.index, this.#served)) return this.#awaitNeeds();
    this.#endWait();
    this.#live = staged;
    this.#options.apply({ kind: 'routes', snapshot, backends });
    if (this.#listed.dropUnnamed()) this.#applyEndpoints();
    this.#note('routes', candidate);
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

  #note(kind: DocumentKind, { index, from, text, parsedParts }: Candidate<DocumentIndex, unknown>): void {
    const order = orderOf(index);
    this.#served[kind] = { ...order, since: new Date(this.#timers.now()).toISOString() };
    this.#options.report({ type: 'swapped', kind, source: from, order, parsedParts });
    this.#options.keeper?.served(index, text);
    this.#noteWaiting();
  }

  #describe(kind: DocumentKind): ServedDocument | null {
    const served = this.#served[kind];
    const source = this.#tracks[kind].source;
    return served === null || source === undefined ? null : { ...served, source };
  }

  #noteWaiting(): void {
    const live = this.#live;
    const met = live === undefined || areNeedsMet(live.candidate.index, this.#served);
    this.#waitingRules = met ? [] : rulesWithout(live.snapshot.rules, (backend) => this.#listed.has(backend));
    if (!met) this.#options.report({ type: 'waiting', rules: this.#waitingRules.slice(0, MAX_LISTED) });
  }
}
