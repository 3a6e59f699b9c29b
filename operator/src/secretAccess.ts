import { randomBytes } from 'node:crypto';
import type { ServedContent } from './deliver/restore.ts';
import type { FleetRuntime } from './fleetRuntime.ts';
import { secretsNamedBy } from './translate/secretRefs.ts';
import { fleetKeyOf, type SecretAccess } from './translate/secrets.ts';
import type { World } from './world.ts';

const FLEET_KEY_BYTES = 32;

/**
 * The Secrets that `objects`, a fleet and its routes, name, as far as they may be read; remembers in the runtime which they are. The fleet's
 * key is the one that is stored, so that it outlives this process and no two of them quarrel about it; a new one where none is.
 */
export function secretAccessOf(
  runtime: Pick<FleetRuntime, 'secrets' | 'fleetKey'>,
  objects: readonly Parameters<typeof secretsNamedBy>[0][],
  served: Pick<ServedContent, 'secrets'>,
  world: Pick<World, 'secrets' | 'secretNamespaces' | 'unreadNamespaces'>,
): SecretAccess {
  runtime.secrets = new Set(objects.flatMap(secretsNamedBy));
  runtime.fleetKey = fleetKeyOf(served.secrets) ?? runtime.fleetKey ?? randomBytes(FLEET_KEY_BYTES).toString('base64');
  return {
    namespaces: world.secretNamespaces,
    secrets: [...runtime.secrets].flatMap((key) => world.secrets.get(key) ?? []),
    fleetKey: runtime.fleetKey,
    unread: { namespaces: world.unreadNamespaces, served: served.secrets },
  };
}
