import { defaultPorts } from '@evergate/contract/names';
import type { Logger } from '@evergate/process/log';
import type { SidePort } from '@evergate/process/sidePort';
import { Caches } from './caches.ts';
import type { OperatorConfig } from './config.ts';
import { Controller } from './controller.ts';
import type { ControllerEvent } from './controllerEvent.ts';
import { applyDefaultFleet } from './defaultFleet.ts';
import { PodClient } from './deliver/podClient.ts';
import { createHealthPort } from './health.ts';
import type { ApiClient } from './kube/apiClient.ts';
import { type Clock, systemClock } from './kube/clock.ts';
import { EventRecorder } from './kube/events.ts';
import type { OwnerReference } from './kube/kubeObject.ts';
import { LeaderElection } from './kube/lease.ts';
import type { RequestReport } from './kube/requester.ts';
import { OperatorMetrics } from './metrics.ts';
import { narrate } from './narrate.ts';

export interface OperatorOptions {
  readonly config: OperatorConfig;
  /** Makes the client; told of every request that is sent. */
  readonly connect: (onRequest: (report: RequestReport) => void) => Promise<ApiClient>;
  readonly log: Logger;
  /** With whom the Lease goes. */
  readonly owner?: OwnerReference | undefined;
  readonly clock?: Clock;
  /** How gateways are asked what they serve, where it is not over the network. */
  readonly podClient?: Pick<PodClient, 'ask' | 'close'>;
  readonly lease?: { readonly leaseMs: number; readonly renewDeadlineMs: number; readonly retryMs: number };
}

/** One term of leadership that is under way. */
interface Term {
  readonly controller: Controller;
  readonly stopping: AbortController;
  readonly ended: Promise<void>;
}

/**
 * The operator at work: caches that are always kept, an election for who writes, and a controller while this process leads. A standby
 * has everything in its caches when its turn comes.
 */
export class Operator {
  readonly #options: OperatorOptions;
  readonly #client: ApiClient;
  readonly #fenced: ApiClient;
  readonly #caches: Caches;
  readonly #election: LeaderElection;
  readonly #recorder: EventRecorder;
  readonly #metrics: OperatorMetrics;
  readonly #podClient: Pick<PodClient, 'ask' | 'close'>;
  readonly #clock: Clock;
  readonly #health: SidePort;
  #healthPort = 0;
  #term: Term | undefined;

  private constructor(options: OperatorOptions, client: ApiClient, metrics: OperatorMetrics) {
    const { config, log, clock = systemClock } = options;
    this.#options = options;
    this.#client = client;
    this.#metrics = metrics;
    this.#clock = clock;
    this.#podClient = options.podClient ?? new PodClient(defaultPorts.status);
    this.#caches = new Caches({
      client,
      clock,
      watchNamespaces: config.watchNamespaces,
      fleetNamespaces: config.fleetNamespaces,
      secretNamespaces: config.secretNamespaces,
      onError: ({ during, error }, { plural }) => log.warn('watching failed; trying again', { plural, during, error }),
    });
    this.#election = new LeaderElection({
      client,
      clock,
      ...options.lease,
      namespace: config.namespace,
      name: 'evergate-operator',
      owner: options.owner,
      identity: config.identity,
      onStartedLeading: () => this.#lead(),
      onStoppedLeading: () => this.#endTerm(),
      onError: (error) => log.warn('the lease could not be read or renewed; trying again', { error }),
    });
    this.#fenced = client.fenced(() => this.#election.mayWrite(), this.#election.writeTimeoutMs);
    this.#recorder = new EventRecorder({
      client,
      clock,
      controller: config.controllerName,
      instance: config.identity,
      mayWrite: () => this.#election.mayWrite(),
    });
    this.#health = createHealthPort({
      port: config.port,
      log,
      registry: metrics.registry,
      isSynced: () => this.#caches.isSynced,
      isLeader: () => this.#election.isLeader(),
    });
  }

  /** Resolves once the caches are complete and the election has begun. Rejects where the health port is taken. */
  static async start(options: OperatorOptions): Promise<Operator> {
    let operator: Operator | undefined;
    const metrics = new OperatorMetrics({
      reflectors: () => operator?.reflectors ?? [],
      isLeader: () => operator?.isLeader ?? false,
      load: () => operator?.load,
    });
    const client = await options.connect((report) => metrics.onRequest(report));
    operator = new Operator(options, client, metrics);
    await operator.#start();
    return operator;
  }

  get isLeader(): boolean {
    return this.#election.isLeader();
  }

  /** Where health and metrics are served. */
  get healthPort(): number {
    return this.#healthPort;
  }

  /** What keeps the caches; their counts are for metrics. */
  get reflectors(): Caches['reflectors'] {
    return this.#caches.reflectors;
  }

  /** What waits for a turn; undefined while this process does not lead. */
  get load(): Controller['load'] | undefined {
    return this.#term?.controller.load;
  }

  /** Ends the term, gives the lease back, and lets go of everything. */
  async stop(): Promise<void> {
    await this.#election.stop();
    await this.#caches.stop();
    await this.#recorder.close();
    await Promise.all([this.#podClient.close(), this.#health.close()]);
    await this.#client.close();
  }

  async #start(): Promise<void> {
    const { log } = this.#options;
    this.#healthPort = await this.#health.listen();
    await this.#caches.start();
    log.info('everything that is watched is known');
    this.#election.start();
  }

  #lead(): void {
    const { config, log } = this.#options;
    log.info('leading', { identity: config.identity });
    const { controllerName, fleetNamespaces, gatewayImage, clusterCIDRs, namespace } = config;
    const controller = new Controller(this.#caches, {
      client: this.#fenced,
      podClient: this.#podClient,
      clock: this.#clock,
      controllerName,
      fleetNamespaces,
      gatewayImage,
      clusterCIDRs,
      operatorNamespace: namespace,
      report: (event) => this.#report(event),
    });
    const stopping = new AbortController();
    this.#caches.listener = controller;
    this.#term = { controller, stopping, ended: this.#work(controller, stopping.signal) };
  }

  async #work(controller: Controller, signal: AbortSignal): Promise<void> {
    const { config, log } = this.#options;
    try {
      await this.#applyDefaultFleet(signal);
      await controller.run(signal);
    } catch (error) {
      if (!signal.aborted) log.error('the controller failed', { error, namespace: config.namespace });
    }
  }

  /** Without it everything else still works, so a failure is told and no more; the next term tries again. */
  async #applyDefaultFleet(signal: AbortSignal): Promise<void> {
    const { config, log } = this.#options;
    if (config.defaultFleet === undefined) return;
    try {
      await applyDefaultFleet(this.#fenced, config.defaultFleet, signal);
    } catch (error) {
      log.error('the default fleet could not be applied', { name: config.defaultFleet.metadata.name, error });
    }
  }

  async #endTerm(): Promise<void> {
    const term = this.#term;
    this.#term = undefined;
    this.#caches.listener = undefined;
    term?.stopping.abort(new Error('this process no longer leads'));
    await term?.ended;
    this.#metrics.endTerm();
    this.#options.log.info('no longer leading');
  }

  #report(event: ControllerEvent): void {
    this.#metrics.onEvent(event);
    narrate(event, this.#options.log, this.#recorder);
  }
}
