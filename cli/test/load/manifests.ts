import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A Service and its endpoints on this machine. */
export function service(name: string, port: number): string {
  return `apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-1, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [{name: http, port: ${port}}]
endpoints: [{addresses: [127.0.0.1]}]
`;
}

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
