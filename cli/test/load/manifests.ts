import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface RouteOptions {
  readonly name: string;
  readonly host: string;
  readonly path: string;
  /** Service and weight. */
  readonly backends: readonly (readonly [string, number])[];
}

/** A route of one rule, as YAML. */
export function route({ name, host, path, backends }: RouteOptions): string {
  const references = backends.map(([service, weight]) => `{name: ${service}, port: 80, weight: ${weight}}`).join(', ');
  return `apiVersion: evergate.dev/v1alpha1
kind: GatewayRoute
metadata: {name: ${name}}
spec:
  hostnames: [${host}]
  rules:
  - matches: [{path: {type: PathPrefix, value: ${path}}}]
    backendRefs: [${references}]
`;
}

/** Saves as good editors and deployment tools do: a new file takes the old one's place. */
export async function save(folder: string, file: string, text: string): Promise<void> {
  const temporary = join(folder, `.${file}.new`);
  await writeFile(temporary, text);
  await rename(temporary, join(folder, file));
}
