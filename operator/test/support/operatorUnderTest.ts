import { indexKey, indexObjectName } from '@evergate/contract/names';
import type { OperatorConfig } from '../../src/config.ts';
import type { PodAnswer } from '../../src/deliver/acknowledgement.ts';
import { readPodReport } from '../../src/deliver/podReport.ts';
import type { ApiClient } from '../../src/kube/apiClient.ts';
import { systemClock, wait } from '../../src/kube/clock.ts';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import {
  configMaps,
  endpointSlices,
  gatewayFleets,
  gatewayRoutes,
  pods,
  type Resource,
  services,
} from '../../src/kube/resource.ts';
import { Operator } from '../../src/operator.ts';
import { fleetLabels } from '../../src/render/labels.ts';
import { ownNamespace, sharedClient } from './sharedApiServer.ts';

const silent = { error() {}, warn() {}, info() {}, debug() {} };
const LIMIT_MS = 20_000;

/**
 * An operator on the shared API server, in a namespace of its own. There is no kubelet: pods are objects that the test makes, and each
 * answers, when asked, with the documents as they are stored, unless the test says otherwise.
 */
export class OperatorUnderTest {
  readonly namespace: string;
  readonly client: ApiClient;
  #operator: Operator | undefined;
  /** What the pod of an address answers; the stored documents where it is not set. */
  readonly answers: Map<string, () => PodAnswer> = new Map();
  readonly log: string[] = [];

  private constructor(namespace: string, client: ApiClient) {
    this.namespace = namespace;
    this.client = client;
  }

  static async create(): Promise<OperatorUnderTest> {
    const client = await sharedClient();
    return new OperatorUnderTest(await ownNamespace(client), client);
  }

  async start(config: Partial<OperatorConfig> = {}): Promise<Operator> {
    const { namespace } = this;
    const say = (message: string, fields?: object): void => void this.log.push(`${message} ${JSON.stringify(fields)}`);
    this.#operator = await Operator.start({
      config: {
        namespace,
        identity: 'operator-1',
        controllerName: 'evergate.dev/operator',
        fleetNamespaces: [namespace],
        watchNamespaces: [namespace],
        gatewayImage: 'evergate/gateway:test',
        defaultFleet: undefined,
        port: 0,
        logLevel: 'debug',
        ...config,
      },
      connect: (onRequest) => sharedClient({ onRequest }),
      log: { ...silent, error: say, warn: say },
      podClient: { ask: (address) => this.#ask(address), close: async () => {} },
      lease: { leaseMs: 3_000, renewDeadlineMs: 2_000, retryMs: 200 },
    });
    return this.#operator;
  }

  async stop(): Promise<void> {
    await this.#operator?.stop();
    this.#operator = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.client.close();
  }

  /** Creates or replaces it, in the test's namespace. */
  apply(
    resource: Resource,
    name: string,
    fields: object,
    annotations: Record<string, string> = {},
  ): Promise<KubeObject> {
    const { group, version, kind } = resource;
    const apiVersion = group === '' ? version : `${group}/${version}`;
    const object = { apiVersion, kind, metadata: { name, namespace: this.namespace, annotations }, ...fields };
    return this.client.apply(resource, object, { fieldManager: 'test', force: true });
  }

  fleet(name: string, spec: object = {}): Promise<KubeObject> {
    return this.apply(gatewayFleets, name, { spec }, { 'evergate.dev/is-default-fleet': 'true' });
  }

  route(name: string, path: string, service: string): Promise<KubeObject> {
    const rule = {
      name: 'all',
      matches: [{ path: { type: 'PathPrefix', value: path } }],
      backendRefs: [{ name: service, port: 80 }],
    };
    return this.apply(gatewayRoutes, name, { spec: { hostnames: ['shop.example.com'], rules: [rule] } });
  }

  /** A Service with one ready endpoint. */
  async service(name: string, address = '10.1.0.1'): Promise<void> {
    await this.apply(services, name, { spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] } });
    await this.client.apply(
      endpointSlices,
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name, namespace: this.namespace, labels: { 'kubernetes.io/service-name': name } },
        ...{
          addressType: 'IPv4',
          endpoints: [{ addresses: [address] }],
          ports: [{ name: '', port: 8080, protocol: 'TCP' }],
        },
      },
      { fieldManager: 'test', force: true },
    );
  }

  /** A gateway pod that is ready, at an address that nobody else of the test has. */
  async pod(fleet: string, name: string, podIP: string): Promise<void> {
    const { namespace } = this;
    const containers = [{ name: 'gateway', image: 'evergate/gateway:test' }];
    const metadata = { name, namespace, labels: { ...fleetLabels(fleet) } };
    await this.client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers } });
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

  /** Resolves with the object once `holds`; rejects with what it is like instead after 20 s. */
  async eventually(resource: Resource, name: string, holds: (object: KubeObject) => boolean): Promise<KubeObject> {
    const endsAt = performance.now() + LIMIT_MS;
    for (;;) {
      const found = await this.get(resource, name).catch((error: unknown) => error);
      if (!(found instanceof Error) && holds(found as KubeObject)) return found as KubeObject;
      if (performance.now() > endsAt) throw new Error(`${name} is ${describe(found)}\n${this.log.join('\n')}`);
      await wait(systemClock, 20);
    }
  }

  /** What a pod would say that serves everything that is stored. */
  async #ask(address: string): Promise<PodAnswer> {
    const told = this.answers.get(address);
    if (told !== undefined) return told();
    const fleet = this.fleetOfPods;
    const [routes, endpoints] = await Promise.all(
      (['routes', 'endpoints'] as const).map(async (kind) => {
        const object = await this.get(configMaps, indexObjectName(fleet, kind)).catch(() => undefined);
        const text = (object?.['data'] as Record<string, string> | undefined)?.[indexKey(kind)];
        return text === undefined ? null : JSON.parse(text);
      }),
    );
    const report = readPodReport({ routes, endpoints, secrets: null, reads: [1], refused: { problems: [] } });
    return report === undefined ? { outcome: 'Unreachable', why: 'no answer' } : { outcome: 'Answered', report };
  }

  /** The fleet whose pods there are. */
  fleetOfPods = 'edge';
}

function describe(found: unknown): string {
  return found instanceof Error ? found.message : JSON.stringify(found, null, 1);
}

/** The status of a condition of an object, or of its first parent. */
export function conditionOf(object: KubeObject, type: string): string | undefined {
  const { conditions = [], parents = [] } = (object['status'] ?? {}) as StatusFields;
  const all = [...conditions, ...parents.flatMap((parent) => parent.conditions ?? [])];
  return all.find((condition) => condition.type === type)?.status;
}

/** The message of that condition. */
export function messageOf(object: KubeObject, type: string): string | undefined {
  const { conditions = [], parents = [] } = (object['status'] ?? {}) as StatusFields;
  const all = [...conditions, ...parents.flatMap((parent) => parent.conditions ?? [])];
  return all.find((condition) => condition.type === type)?.message;
}

interface StatusFields {
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[];
  readonly parents?: readonly { readonly conditions?: StatusFields['conditions'] }[];
}
