import { command } from './command.ts';
import { eventually } from './eventually.ts';
import type { Kubectl, KubernetesObject } from './kubectl.ts';

const MANIFESTS = '/etc/kubernetes/manifests';
const ASIDE = '/etc/kubernetes/evergate-e2e';
const STOP_MS = 60_000;
const START_MS = 120_000;

/** On the rules that drop packets, so that all of them are found again. */
const MARK = 'evergate-e2e';

interface PodWithNode extends KubernetesObject {
  readonly spec: { readonly nodeName: string };
  readonly status: {
    readonly podIP?: string;
    readonly containerStatuses: readonly { readonly name: string; readonly containerID: string }[];
  };
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

  /**
   * Drops every packet to and from a pod, without a word, until what it resolves with is disposed of. What its own node asks it still gets
   * through: the kubelet's probes, so that the pod stays ready.
   */
  async blackHole(namespace: string, pod: string): Promise<AsyncDisposable> {
    const { spec, status } = await this.#kubectl.get<PodWithNode>('pod', namespace, pod);
    const heal = (): Promise<void> => this.#heal(spec.nodeName);
    const rules = ['-d', '-s'].map(
      (side) => `iptables -w -I FORWARD ${side} ${status.podIP} -m comment --comment ${MARK} -j DROP`,
    );
    try {
      await heal();
      await this.#inNode(spec.nodeName, rules.join(' && '));
    } catch (error) {
      await heal();
      throw error;
    }
    return { [Symbol.asyncDispose]: heal };
  }

  /** Takes back what {@link blackHole} did on a node, also in a run that was cut off. */
  async #heal(node: string): Promise<void> {
    const rules = `iptables -w -S FORWARD | grep -e '${MARK}' | sed 's/^-A/-D/'`;
    await this.#inNode(node, `${rules} | while read -r rule; do iptables -w $rule; done`);
  }

  /** An empty folder of a node, for whoever is in the group. */
  async emptyFolder(node: string, path: string, group: number): Promise<void> {
    await this.#inNode(node, `rm -rf ${path} && mkdir -p ${path} && chgrp ${group} ${path} && chmod 2770 ${path}`);
  }

  async removeFolder(node: string, path: string): Promise<void> {
    await this.#inNode(node, `rm -rf ${path}`);
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
    const pid = `$(crictl inspect --output go-template --template '${template}' ${id})`;
    // Of a container that has ended it is 0, which means everybody to kill.
    await this.#inNode(node, `pid=${pid} && [ "$pid" -gt 0 ] && kill -${signal} "$pid"`);
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
