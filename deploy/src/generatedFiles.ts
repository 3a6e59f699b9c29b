import { readFile } from 'node:fs/promises';
import { argocdSettings } from './argocd.ts';
import { chartReadme } from './chartReadme.ts';
import { backendDashboard } from './dashboards/backend.ts';
import { type Dashboard, grafana } from './dashboards/dashboard.ts';
import { fleetDashboard } from './dashboards/fleet.ts';
import { operatorDashboard } from './dashboards/operator.ts';
import { routeDashboard } from './dashboards/route.ts';
import { gatewayFamilies, operatorFamilies } from './metrics/exposition.ts';
import { metricsReference } from './metrics/reference.ts';

/** A file that is made from others; `path` is relative to the repository's root. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

export const dashboards: readonly Dashboard[] = [fleetDashboard, routeDashboard, backendDashboard, operatorDashboard];

/** Everything that is generated here, the same on every run. */
export async function generatedFiles(root: URL): Promise<readonly GeneratedFile[]> {
  const [values, health] = await Promise.all(
    ['charts/evergate/values.yaml', 'deploy/argocd/health.lua'].map((path) => readFile(new URL(path, root), 'utf8')),
  );
  const [gateway, operator] = await Promise.all([gatewayFamilies(), operatorFamilies()]);
  return [
    { path: 'charts/evergate/README.md', content: chartReadme(values ?? '') },
    { path: 'docs/reference/metrics.md', content: metricsReference(gateway, operator) },
    { path: 'deploy/argocd/argocd-cm.yaml', content: argocdSettings(health ?? '') },
    ...dashboards.map((dashboard) => ({
      path: `charts/evergate/files/dashboards/${dashboard.name}.json`,
      content: `${JSON.stringify(grafana(dashboard), undefined, 2)}\n`,
    })),
  ];
}
