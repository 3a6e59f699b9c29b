import { parseDuration } from '@evergate/contract/duration';
import type { GatewayFleet, GatewayFleetSpec } from '@evergate/crds/gatewayFleet';
import type { RenderContext } from './context.ts';
import { gatewayContainer } from './gatewayContainer.ts';
import { fleetLabels } from './labels.ts';
import { scheduling } from './scheduling.ts';
import { accountName } from './serviceAccount.ts';
import { volumes } from './volumes.ts';

/** For what a gateway does besides waiting: the kubelet's own steps, and the end of the process. */
const MARGIN_SECONDS = 20;
const USER = 65_532;

/** The pod of a gateway. Whatever changes here replaces every pod, so nothing here depends on routes or on the cluster. */
export function podTemplate(fleet: GatewayFleet, context: Pick<RenderContext, 'image' | 'clusterCIDRs'>): object {
  const { name } = fleet.metadata;
  const { podTemplate: template, image, shutdown, spread, delivery } = fleet.spec;
  const { annotations, labels } = template.metadata;
  return {
    metadata: {
      labels: { ...labels, ...fleetLabels(name) },
      ...filled({ annotations }),
    },
    spec: {
      ...filled({ ...template.spec, imagePullSecrets: image.pullSecrets }),
      ...scheduling(name, spread),
      serviceAccountName: accountName(name),
      automountServiceAccountToken: delivery === 'Watch',
      enableServiceLinks: false,
      terminationGracePeriodSeconds: gracePeriodSeconds(shutdown),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        runAsGroup: USER,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [gatewayContainer(fleet, context)],
      volumes: volumes(name),
    },
  };
}

/** Without what is empty: the API server does not store it, and what is there would seem to differ from what is wanted. */
function filled(fields: Readonly<Record<string, string | object | undefined>>): object {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && Object.keys(value).length > 0),
  );
}

/** How long a pod may take to leave: both times of its shutdown, and a margin. In whole seconds. */
function gracePeriodSeconds({ propagationDelay, drainTimeout }: GatewayFleetSpec['shutdown']): number {
  const totalMs = (parseDuration(propagationDelay) ?? 0) + (parseDuration(drainTimeout) ?? 0);
  return Math.ceil(totalMs / 1000) + MARGIN_SECONDS;
}
