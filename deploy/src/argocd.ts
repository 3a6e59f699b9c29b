import { customResources } from '@evergate/crds/customResource';
import { stringify } from 'yaml';

/** Health of an Application itself, which Argo CD needs to be told so that an app of apps goes wave by wave. */
const ofApplications = `local health = { status = "Progressing", message = "" }
if obj.status ~= nil and obj.status.health ~= nil then
  health.status = obj.status.health.status
  health.message = obj.status.health.message or ""
end
return health
`;

/** What to merge into Argo CD's ConfigMap argocd-cm: how healthy objects of our kinds are, by one script for all of them. */
export function argocdSettings(health: string): string {
  const kinds = customResources.map(({ kind }) => [`resource.customizations.health.evergate.dev_${kind}`, health]);
  const settings = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-cm', namespace: 'argocd', labels: { 'app.kubernetes.io/part-of': 'argocd' } },
    data: {
      ...Object.fromEntries(kinds),
      'resource.customizations.health.argoproj.io_Application': ofApplications,
    },
  };
  const comment = [
    '# Made from health.lua by `make generate`; do not edit. Merge it into the argocd-cm that is there:',
    '# kubectl --namespace argocd patch configmap argocd-cm --patch-file deploy/argocd/argocd-cm.yaml',
  ];
  return `${comment.join('\n')}\n${stringify(settings, { version: '1.1', lineWidth: 0 })}`;
}
