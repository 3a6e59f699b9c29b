import { everyPartSlot, indexObjectName, partObjectName } from '@evergate/contract/names';

export const documentsPath = '/etc/evergate/documents';
export const copyPath = '/var/run/evergate';

/** Holds what a gateway serves, for the container that follows it in the pod. */
const COPY_LIMIT = '64Mi';

export const volumeMounts: readonly object[] = [
  { name: 'documents', mountPath: documentsPath, readOnly: true },
  { name: 'copy', mountPath: copyPath },
];

/**
 * Mounts every object that a fleet may ever have, all of them optional: parts come and go without a change of the pods, and a pod
 * starts while some are missing. One projected volume is exchanged as a whole.
 */
export function volumes(fleet: string): readonly object[] {
  const configMaps = [
    indexObjectName(fleet, 'routes'),
    indexObjectName(fleet, 'endpoints'),
    ...everyPartSlot().map(({ kind, name, slot }) => partObjectName(fleet, kind, name, slot)),
  ];
  const sources = [
    ...configMaps.map((name) => ({ configMap: { name, optional: true } })),
    { secret: { name: indexObjectName(fleet, 'secrets'), optional: true } },
  ];
  return [
    { name: 'documents', projected: { sources } },
    { name: 'copy', emptyDir: { medium: 'Memory', sizeLimit: COPY_LIMIT } },
  ];
}
