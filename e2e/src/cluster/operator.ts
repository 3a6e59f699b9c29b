import { type Arena, releaseNamespace } from './arena.ts';
import { eventually } from './eventually.ts';
import type { KubernetesObject } from './kubectl.ts';

const SETTLE_MS = 120_000;
const selector = 'app.kubernetes.io/name=evergate-operator';

interface Lease extends KubernetesObject {
  readonly spec: { readonly holderIdentity?: string };
}

interface Deployment extends KubernetesObject {
  readonly status: { readonly readyReplicas?: number; readonly replicas?: number };
}

/** The name of the pod that leads; undefined while none does. */
export async function leader({ kubectl }: Arena): Promise<string | undefined> {
  const { spec } = await kubectl.get<Lease>('lease', releaseNamespace, 'evergate-operator');
  const holder = spec.holderIdentity ?? '';
  return holder === '' ? undefined : holder;
}

/** Resolves with the name of another leader than `former`. */
export function newLeader(arena: Arena, former: string, timeoutMs: number): Promise<string> {
  return eventually(timeoutMs, `another leader than ${former}`, async () => {
    const current = await leader(arena);
    return current !== former && current;
  });
}

export async function operatorPods({ kubectl }: Arena): Promise<readonly string[]> {
  const pods = await kubectl.list('pods', releaseNamespace, selector);
  return pods.map(({ metadata }) => metadata.name);
}

/** Resolves once as many are ready as wanted, and no other is left. */
export async function scaleOperator(arena: Arena, replicas: number): Promise<void> {
  const [deployment] = await arena.kubectl.list('deployment', releaseNamespace, selector);
  if (deployment === undefined) throw new Error('there is no Deployment of the operator');
  const { name } = deployment.metadata;
  await arena.kubectl.run(['scale', 'deployment', name, '-n', releaseNamespace, `--replicas=${replicas}`]);
  await operatorSettled(arena, replicas);
}

export async function operatorSettled(arena: Arena, replicas: number): Promise<void> {
  await eventually(SETTLE_MS, `${replicas} operators`, async () => {
    const [deployment] = await arena.kubectl.list<Deployment>('deployment', releaseNamespace, selector);
    const ready = deployment?.status.readyReplicas ?? 0;
    return ready === replicas && (await operatorPods(arena)).length === replicas;
  });
}
