import { type CommandOptions, command } from './command.ts';

/** An object of the API server, as far as the tests look at it. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** `kubectl` on the cluster of one kubeconfig. */
export class Kubectl {
  readonly kubeconfig: string;

  constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig;
  }

  run(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return command('kubectl', args, { ...options, env: this.env });
  }

  async json<T>(args: readonly string[], options: CommandOptions = {}): Promise<T> {
    return JSON.parse(await this.run(args, options)) as T;
  }

  /** Server-side, so that nothing is kept in an annotation and conflicts show. */
  async apply(objects: readonly object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    await this.run(['apply', '--server-side', '--force-conflicts', '--field-manager', 'e2e', '-f', '-'], { input });
  }

  /** Resolves when they are on their way out. */
  async startDeletion(objects: readonly object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    await this.run(['delete', '--ignore-not-found', '--wait=false', '-f', '-'], { input });
  }

  /** Resolves when there is none of it left; what is not there is no error. */
  async delete(objects: readonly object[], timeout = '120s'): Promise<void> {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    await this.run(['delete', '--ignore-not-found', `--timeout=${timeout}`, '-f', '-'], { input });
  }

  async list<T extends KubernetesObject>(kind: string, namespace: string, selector = ''): Promise<readonly T[]> {
    const { items } = await this.json<{ items: readonly T[] }>([
      'get',
      kind,
      '--namespace',
      namespace,
      '--selector',
      selector,
      '--output',
      'json',
    ]);
    return items;
  }

  get<T extends KubernetesObject>(kind: string, namespace: string, name: string): Promise<T> {
    return this.json<T>(['get', kind, name, '--namespace', namespace, '--output', 'json']);
  }

  /** GET of any path of the API server. */
  raw<T>(path: string): Promise<T> {
    return this.json<T>(['get', '--raw', path]);
  }

  /** POST to any path of the API server. */
  post<T>(path: string, body: unknown): Promise<T> {
    return this.json<T>(['create', '--raw', path, '--filename', '-'], { input: JSON.stringify(body) });
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, KUBECONFIG: this.kubeconfig };
  }
}
