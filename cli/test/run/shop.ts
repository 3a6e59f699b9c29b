import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { service } from '../serviceManifest.ts';

/** A folder of manifests and the backends they name: `old` and `new`, each answering with its name. */
export class Shop {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'evergate-test-'));
  readonly #servers: Server[] = [];

  async start(): Promise<void> {
    this.save('services.yaml', [await this.#backend('old'), await this.#backend('new')].join('---\n'));
    this.route('page', '/page', 'old');
  }

  /** Writes a route whose one rule sends a prefix to a backend. */
  route(name: string, prefix: string, backend: string): void {
    this.save(
      `${name}.yaml`,
      `apiVersion: evergate.dev/v1alpha1
kind: GatewayRoute
metadata: {name: ${name}}
spec:
  rules:
    - name: only
      matches: [{path: {value: ${prefix}}}]
      backendRefs: [{name: ${backend}, port: 80}]
`,
    );
  }

  /** As editors do: a new file takes the name of the old one. */
  save(name: string, text: string): void {
    writeFileSync(join(this.folder, '.saving'), text);
    renameSync(join(this.folder, '.saving'), join(this.folder, name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.folder, { recursive: true });
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  async #backend(name: string): Promise<string> {
    const server = createServer((_, response) => response.end(name));
    server.keepAliveTimeout = 60_000;
    this.#servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return service(name, port);
  }
}
