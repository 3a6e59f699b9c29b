import { type DocumentKind, indexKey, indexObjectName } from '@evergate/contract/names';
import type { Logger } from '@evergate/process/log';
import type { OperatorConfig } from '../../src/config.ts';
import type { PodAnswer } from '../../src/deliver/acknowledgement.ts';
import { readPodReport } from '../../src/deliver/podReport.ts';
import type { ApiClient } from '../../src/kube/apiClient.ts';
import { type Clock, systemClock, wait } from '../../src/kube/clock.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import type { RequestReport } from '../../src/kube/requester.ts';
import {
  apiVersionOf,
  configMaps,
  endpointSlices,
  gatewayFleets,
  gatewayRoutes,
  pods,
  type Resource,
  secrets,
  services,
} from '../../src/kube/resource.ts';
import { Operator, type OperatorOptions } from '../../src/operator.ts';
import { fleetLabels } from '../../src/render/labels.ts';
import { type Access, clientOf } from './apiServer.ts';
import { ownNamespace, sharedAccess } from './sharedApiServer.ts';

const LIMIT_MS = 20_000;

/** What a started operator has beside its configuration. */
export type StartOptions = Partial<OperatorConfig> & {
  /** Put between the operator and the API server. */
  readonly through?: (client: ApiClient) => ApiClient;
  readonly lease?: OperatorOptions['lease'];
  readonly clock?: Clock;
};

/**
 * Operators on an API server, in a namespace of their own. There is no kubelet: pods are objects that the test makes, and each answers,
 * when asked, with the documents as they are stored, unless the test says otherwise.
 */
export class OperatorUnderTest {
  readonly namespace: string;
  readonly client: ApiClient;
  readonly #access: Access;
  readonly #operators = new Set<Operator>();
  /** What the pod of an address answers; the stored documents where it is not set. */
  readonly answers: Map<string, () => PodAnswer | Promise<PodAnswer>> = new Map();
  /** What the operators logged. */
  readonly log: string[] = [];
  /** What the operators sent. */
  readonly requests: RequestReport[] = [];
  /** The fleet whose pods there are. */
  fleetOfPods = 'edge';

  private constructor(namespace: string, client: ApiClient, access: Access) {
    this.namespace = namespace;
    this.client = client;
    this.#access = access;
  }

  /** On the shared API server, unless told another. */
  static async create(access: Access = sharedAccess()): Promise<OperatorUnderTest> {
    const client = await clientOf(access);
    return new OperatorUnderTest(await ownNamespace(client), client, access);
  }

  /** Further ones run beside those that were started before. */
  async start({ through, lease, clock = systemClock, ...config }: StartOptions = {}): Promise<Operator> {
    const { namespace } = this;
    const operator = await Operator.start({
      config: {
        namespace,
        identity: `operator-${this.#operators.size + 1}`,
        controllerName: 'evergate.dev/operator',
        fleetNamespaces: [namespace],
        secretNamespaces: [namespace],
        watchNamespaces: [namespace],
        gatewayImage: 'evergate/gateway:test',
        clusterCIDRs: [],
        defaultFleet: undefined,
        port: 0,
        logLevel: 'debug',
        ...config,
      },
      connect: async (onRequest) => {
        const heard = (report: RequestReport): void => {
          this.requests.push(report);
          onRequest(report);
        };
        const client = await clientOf(this.#access, { onRequest: heard });
        return through?.(client) ?? client;
      },
      log: this.#logger(),
      clock,
      podClient: { ask: (address) => this.#ask(address), close: async () => {} },
      lease: lease ?? { leaseMs: 3_000, renewDeadlineMs: 2_000, retryMs: 200 },
    });
    this.#operators.add(operator);
    return operator;
  }

  /** Stops one, or all. */
  async stop(operator?: Operator): Promise<void> {
    const stopped = operator === undefined ? [...this.#operators] : [operator];
    for (const one of stopped) this.#operators.delete(one);
    await Promise.all(stopped.map((one) => one.stop()));
  }

  async close(): Promise<void> {
    await this.stop();
    await this.client.close();
  }

  /** Creates it, or changes the fields that are given, in the test's namespace. */
  apply(
    resource: Resource,
    name: string,
    fields: object,
    metadata: Pick<KubeObject['metadata'], 'annotations' | 'labels'> = {},
  ): Promise<KubeObject> {
    const { kind } = resource;
    const named = { ...metadata, name, namespace: this.namespace };
    const object = { apiVersion: apiVersionOf(resource), kind, metadata: named, ...fields };
    return this.client.apply(resource, object, { fieldManager: 'test', force: true });
  }

  delete(resource: Resource, name: string): Promise<void> {
    return this.client.delete(resource, { namespace: this.namespace, name });
  }

  /** As somebody would by hand. */
  patch(resource: Resource, name: string, patch: object): Promise<KubeObject> {
    return this.client.mergePatch(resource, { namespace: this.namespace, name }, patch);
  }

  fleet(name: string, spec: object = {}, isDefault = true): Promise<KubeObject> {
    return this.apply(
      gatewayFleets,
      name,
      { spec },
      { annotations: isDefault ? { 'evergate.dev/is-default-fleet': 'true' } : {} },
    );
  }

  route(name: string, path: string, service: string, spec: object = {}): Promise<KubeObject> {
    const rule = {
      name: 'all',
      matches: [{ path: { type: 'PathPrefix', value: path } }],
      backendRefs: [{ name: service, port: 80 }],
    };
    return this.apply(gatewayRoutes, name, { spec: { hostnames: ['shop.example.com'], rules: [rule], ...spec } });
  }

  /** A Service with one ready endpoint. */
  async service(name: string, address = '10.1.0.1'): Promise<void> {
    await this.apply(services, name, { spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] } });
    await this.slice(name, address);
  }

  slice(service: string, address: string): Promise<KubeObject> {
    const ports = [{ name: '', port: 8080, protocol: 'TCP' }];
    const fields = { addressType: 'IPv4', endpoints: [{ addresses: [address] }], ports };
    return this.apply(endpointSlices, service, fields, { labels: { 'kubernetes.io/service-name': service } });
  }

  /** A gateway pod that is ready, at an address that nobody else of the test has. */
  async pod(fleet: string, name: string, podIP: string, spec: object = {}): Promise<void> {
    const { namespace } = this;
    const containers = [{ name: 'gateway', image: 'evergate/gateway:test' }];
    const metadata = { name, namespace, labels: { ...fleetLabels(fleet) } };
    await this.client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers, ...spec } });
    await this.podReady(name, podIP, true);
  }

  async podReady(name: string, podIP: string, ready: boolean): Promise<void> {
    const now = new Date().toISOString().replace(/\.\d+Z/, 'Z');
    const condition = { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: now };
    const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions: [condition], startTime: now };
    const ref = { namespace: this.namespace, name };
    await this.client.mergePatch(pods, ref, { status }, { subresource: 'status' });
  }

  get(resource: Resource, name: string): Promise<KubeObject> {
    return this.client.get(resource, { namespace: this.namespace, name });
  }

  async list(resource: Resource): Promise<readonly KubeObject[]> {
    return (await this.client.listAll(resource, { namespace: this.namespace })).items;
  }

  /** Resolves with the object once `holds`; rejects with what it is like instead after 20 s. */
  async eventually(resource: Resource, name: string, holds: (object: KubeObject) => boolean): Promise<KubeObject> {
    const endsAt = performance.now() + LIMIT_MS;
    for (;;) {
      const found = await this.get(resource, name).catch((error: unknown) => error);
      if (!(found instanceof Error) && holds(found as KubeObject)) return found as KubeObject;
      if (performance.now() > endsAt) throw new Error(`${name} is ${describe(found)}\n${this.log.join('\n')}`);
      await wait(systemClock, 10);
    }
  }

  /** Resolves when the object is gone. */
  async gone(resource: Resource, name: string): Promise<void> {
    const endsAt = performance.now() + LIMIT_MS;
    while ((await this.list(resource)).some(({ metadata }) => metadata.name === name)) {
      if (performance.now() > endsAt) throw new Error(`${name} is still there\n${this.log.join('\n')}`);
      await wait(systemClock, 10);
    }
  }

  /** The writes of the operators, but for what is written all the time: leases and events. */
  writes(): readonly RequestReport[] {
    return this.requests.filter(
      ({ verb, resource }) => !['get', 'list', 'watch'].includes(verb) && !['leases', 'events'].includes(resource),
    );
  }

  /** Every version of an object that there is and will be, until the returned function is called. */
  async versionsOf(resource: Resource, name: string): Promise<{ readonly seen: KubeObject[]; end(): Promise<void> }> {
    const { items, resourceVersion } = await this.client.listAll(resource, { namespace: this.namespace });
    const seen = items.filter(({ metadata }) => metadata.name === name);
    const ending = new AbortController();
    const watching = this.#watch(resource, name, resourceVersion, seen, ending.signal);
    return {
      seen,
      async end() {
        ending.abort();
        await watching;
      },
    };
  }

  async #watch(resource: Resource, name: string, from: string, seen: KubeObject[], signal: AbortSignal): Promise<void> {
    const options = { namespace: this.namespace, resourceVersion: from, timeoutSeconds: 300 };
    try {
      for await (const event of this.client.watch(resource, options, signal)) {
        if (event.type !== 'ADDED' && event.type !== 'MODIFIED') continue;
        if (event.object.metadata.name === name) seen.push(event.object);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** The text of a fleet's index, where there is one. */
  async index(kind: DocumentKind, fleet = 'edge'): Promise<Record<string, unknown> | undefined> {
    const resource = kind === 'secrets' ? secrets : configMaps;
    const object = await this.get(resource, indexObjectName(fleet, kind)).catch(() => undefined);
    const stored = (object?.['data'] as Record<string, string> | undefined)?.[indexKey(kind)];
    const text = kind === 'secrets' && stored !== undefined ? Buffer.from(stored, 'base64').toString() : stored;
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
  }

  #logger(): Logger {
    const say = (message: string, fields?: object): void => void this.log.push(`${message} ${JSON.stringify(fields)}`);
    return { error: say, warn: say, info: say, debug: say };
  }

  async #ask(address: string): Promise<PodAnswer> {
    return this.answers.get(address)?.() ?? this.current();
  }

  /** What a pod would say that serves everything that is stored. */
  async current(): Promise<PodAnswer> {
    const kinds = ['routes', 'endpoints', 'secrets'] as const;
    const [routes, endpoints, held] = await Promise.all(kinds.map((kind) => this.index(kind, this.fleetOfPods)));
    return answer({ routes, endpoints, secrets: held });
  }
}

/** What a gateway answers that serves these writes. */
export function answer(report: object): PodAnswer {
  const read = readPodReport({ reads: [1], refused: { problems: [] }, ...report });
  return read === undefined ? { outcome: 'Unreachable', why: 'no answer' } : { outcome: 'Answered', report: read };
}

function describe(found: unknown): string {
  return found instanceof Error ? found.message : JSON.stringify(found, null, 1);
}

/** The sum of a counter's series on an operator's metrics page. */
export async function metric(operator: Operator, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${operator.healthPort}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
