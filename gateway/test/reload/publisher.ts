import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PartReference } from '@evergate/contract/document';
import type { BackendEndpoints } from '@evergate/contract/endpoints';
import { type DocumentKind, indexKey, partKey } from '@evergate/contract/names';
import type { FleetSettings, Rule } from '@evergate/contract/routeTable';
import { sampleSettings } from '@evergate/contract/test/sampleSettings';

export const settings: FleetSettings = sampleSettings();

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Endpoints of a backend; `count` addresses. */
export function endpointsOf(id: string, count = 1): BackendEndpoints {
  const endpoint = { port: 8080, ready: true, serving: true, terminating: false };
  return { id, endpoints: Array.from({ length: count }, (_, i) => ({ address: `10.0.0.${i + 1}`, ...endpoint })) };
}

/** What only an index of routes has. */
export const routesFields: Fields = { settings, needs: { endpoints: 0, secrets: 0 } };

export function routesPart(rules: readonly Rule[]): string {
  return JSON.stringify({ rules, backends: [] });
}

export type Fields = Readonly<Record<string, unknown>>;

/** Writes documents as an operator does, or as none should: each part a file, the index last, by renames. */
export class Publisher implements AsyncDisposable {
  readonly root: string;
  readonly #parts = new Map<string, PartReference>();
  readonly #sequences: Record<DocumentKind, number> = { routes: 0, endpoints: 0, secrets: 0 };

  constructor(root: string) {
    this.root = root;
  }

  static async create(): Promise<Publisher> {
    return new Publisher(await mkdtemp(join(tmpdir(), 'evergate-reload-')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true });
  }

  /** One part for each list of rules. `fields` overrides the index's. */
  routes(parts: readonly (readonly Rule[])[], fields: Fields = {}): Promise<void> {
    return this.document('routes', parts.map(routesPart), { ...routesFields, ...fields });
  }

  endpoints(backends: readonly BackendEndpoints[], fields: Fields = {}): Promise<void> {
    return this.document('endpoints', [JSON.stringify({ backends })], { gateways: 3, ...fields });
  }

  secrets(ids: readonly string[], fields: Fields = {}): Promise<void> {
    const secrets = ids.map((id) => ({ id, type: 'Opaque', data: { key: 'hunter2' } }));
    return this.document('secrets', [JSON.stringify({ secrets })], fields);
  }

  /** Writes the parts whose text is new, each to its other slot, then the index. */
  async document(kind: DocumentKind, texts: readonly string[], fields: Fields): Promise<void> {
    await this.write(indexKey(kind), await this.parts(kind, texts, fields));
  }

  /** Writes parts alone, and returns the index to be written. */
  async parts(kind: DocumentKind, texts: readonly string[], fields: Fields): Promise<string> {
    const parts: PartReference[] = [];
    for (const [position, text] of texts.entries()) parts.push(await this.#part(kind, position.toString(16), text));
    this.#sequences[kind] += 1;
    return JSON.stringify({
      kind,
      version: 1,
      fleet: { namespace: 'shop', name: 'edge' },
      fleetUID: 'uid-1',
      epoch: 1,
      sequence: this.#sequences[kind],
      revision: sha256(texts.join('\n')),
      requires: [],
      parts,
      ...fields,
    });
  }

  async write(key: string, text: string): Promise<void> {
    await writeFile(join(this.root, `.${key}`), text);
    await rename(join(this.root, `.${key}`), join(this.root, key));
  }

  async #part(kind: DocumentKind, name: string, text: string): Promise<PartReference> {
    const before = this.#parts.get(`${kind}-${name}`);
    const hash = sha256(text);
    if (before?.hash === hash) return before;
    const part: PartReference = { name, hash, slot: before?.slot === 'a' ? 'b' : 'a' };
    await this.write(partKey(kind, name, part.slot), text);
    this.#parts.set(`${kind}-${name}`, part);
    return part;
  }
}
