import { command } from './command.ts';
import { eventually } from './eventually.ts';
import type { Kubectl, KubernetesObject } from './kubectl.ts';

const MANIFESTS = '/etc/kubernetes/manifests';
const ASIDE = '/etc/kubernetes/evergate-e2e';
const STOP_MS = 60_000;
const START_MS = 120_000;

interface PodWithNode extends KubernetesObject {
  readonly spec: { readonly nodeName: string };
  readonly status: { readonly containerStatuses: readonly { readonly name: string; readonly containerID: string }[] };
}

/** A container, found while the API server still answers, so that it can be killed when that no longer does. */
export interface FoundContainer {
  readonly node: string;
  readonly id: string;
}

/** The machines below the cluster: what no API can do. Only kind's can be reached; elsewhere everything here rejects with that. */
export class Nodes {
  readonly #kubectl: Kubectl;
  readonly #kind: string | undefined;

  constructor(kubectl: Kubectl, kind: string | undefined) {
    this.#kubectl = kubectl;
    this.#kind = kind;
  }

  async find(namespace: string, pod: string, container: string): Promise<FoundContainer> {
    const { spec, status } = await this.#kubectl.get<PodWithNode>('pod', namespace, pod);
    const found = status.containerStatuses.find(({ name }) => name === container);
    if (found === undefined) throw new Error(`pod ${pod} has no container ${container}`);
    return { node: spec.nodeName, id: found.containerID.replace(/^\w+:\/\//, '') };
  }

  /** SIGKILL to the main process, as the kernel does it; the kubelet starts the container again. */
  kill(container: FoundContainer): Promise<void> {
    return this.#signal(container, 'KILL');
  }

  /** SIGSTOP to the main process: it neither works nor hears that it should end. */
  pause(container: FoundContainer): Promise<void> {
    return this.#signal(container, 'STOP');
  }

  /** Resolves when the API server no longer answers. */
  async stopApiServer(): Promise<void> {
    await this.#inNode(this.#controlPlane, `mkdir -p ${ASIDE} && mv ${MANIFESTS}/kube-apiserver.yaml ${ASIDE}/`);
    await eventually(STOP_MS, 'the API server to stop', async () => !(await this.#apiServerAnswers()));
  }

  /** Resolves when the API server answers again. Does nothing where it was not stopped. */
  async startApiServer(): Promise<void> {
    const back = `[ ! -e ${ASIDE}/kube-apiserver.yaml ] || mv ${ASIDE}/kube-apiserver.yaml ${MANIFESTS}/`;
    await this.#inNode(this.#controlPlane, back);
    await eventually(START_MS, 'the API server to start', () => this.#apiServerAnswers());
  }

  async #signal({ node, id }: FoundContainer, signal: string): Promise<void> {
    const template = '{{.info.pid}}';
    await this.#inNode(node, `kill -${signal} $(crictl inspect --output go-template --template '${template}' ${id})`);
  }

  get #controlPlane(): string {
    return `${this.#kind}-control-plane`;
  }

  #apiServerAnswers(): Promise<boolean> {
    return this.#kubectl.run(['get', '--raw', '/readyz', '--request-timeout=2s']).then(
      () => true,
      () => false,
    );
  }

  #inNode(node: string, script: string): Promise<string> {
    if (this.#kind === undefined) throw new Error('only the nodes of a kind cluster can be reached');
    return command('docker', ['exec', node, 'sh', '-c', script]);
  }
}
