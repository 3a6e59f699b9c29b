import { stringify } from 'yaml';
import { customResourceDefinition, customResources } from './customResource.ts';
import { referencePage } from './reference.ts';

/** A file made from the schemas; `path` is relative to the repository's root. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** Everything that is generated, the same on every run. */
export function generatedFiles(): readonly GeneratedFile[] {
  return customResources.flatMap((resource) => {
    const content = `# Generated from crds/src by \`make generate\`; do not edit.\n${toYaml(customResourceDefinition(resource))}`;
    return [
      { path: `crds/${resource.plural}.yaml`, content },
      // A chart can bring only what lies in its own folder.
      { path: `charts/evergate/files/crds/${resource.plural}.yaml`, content },
      { path: `docs/reference/${resource.singular}.md`, content: referencePage(resource) },
    ];
  });
}

/** Quoted for YAML 1.1, which Kubernetes reads: a bare `on` is true there. */
function toYaml(value: object): string {
  return stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}
