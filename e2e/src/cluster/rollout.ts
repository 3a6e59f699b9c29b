import { type Arena, arenaNamespace } from './arena.ts';
import { eventually } from './eventually.ts';

const GONE_MS = 120_000;

/** Replaces every pod of an upstream by one of a new version; resolves when the last old one is gone. */
export async function upstreamRolledOut({ kubectl }: Arena, name: string): Promise<void> {
  const before = new Set(await podNames());
  const version = `VERSION=${Date.now().toString(36)}`;
  await kubectl.run(['set', 'env', `deployment/${name}`, version, '-n', arenaNamespace]);
  await kubectl.run(['rollout', 'status', `deployment/${name}`, '-n', arenaNamespace, '--timeout=120s']);
  await eventually(GONE_MS, 'the last old pod of the upstream to go', async () => {
    return (await podNames()).every((pod) => !before.has(pod));
  });

  async function podNames(): Promise<readonly string[]> {
    const pods = await kubectl.list('pods', arenaNamespace, `app=${name}`);
    return pods.map(({ metadata }) => metadata.name);
  }
}
