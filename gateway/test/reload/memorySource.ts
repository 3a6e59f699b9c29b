import type { DocumentIndex, PartReference } from '@evergate/contract/document';
import type { DocumentKind } from '@evergate/contract/names';
import type { Rule } from '@evergate/contract/routeTable';
import type { DocumentSource, NamedSource, SourceListener, SourceName } from '../../src/reload/source.ts';
import { endpointsOf, routesPart, settings, sha256 } from './publisher.ts';

/** A source that offers what a test tells it to, and has the parts that the test puts there. */
export class MemorySource implements DocumentSource {
  readonly name: SourceName;
  readonly asked: string[] = [];
  #parts = new Map<string, Uint8Array>();
  #listener: SourceListener | undefined;
  #waiting: (() => void)[] = [];

  constructor(name: SourceName) {
    this.name = name;
  }

  get named(): NamedSource {
    return { name: this.name, source: this };
  }

  async start(listener: SourceListener): Promise<void> {
    this.#listener = listener;
  }

  async readPart(_: DocumentKind, { hash }: PartReference): Promise<Uint8Array> {
    this.asked.push(hash);
    for (const wake of this.#waiting.splice(0)) wake();
    const part = this.#parts.get(hash);
    if (part === undefined) throw new Error('it is not there');
    return part;
  }

  async close(): Promise<void> {}

  /** Resolves when a part is asked for. */
  asking(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  holds({ hash }: Pick<PartReference, 'hash'>, content: string | Uint8Array): this {
    this.#parts.set(hash, Buffer.from(content));
    return this;
  }

  offers(index: object | string, kind: DocumentKind = 'routes'): void {
    this.#listener?.onIndex(kind, typeof index === 'string' ? index : JSON.stringify(index));
  }
}

/** An index of routes with one part, outside it unless `inline`. */
export function routesOf(rules: readonly Rule[], fields: Partial<DocumentIndex> = {}, inline = false): RoutesOfTest {
  const text = routesPart(rules);
  const hash = sha256(text);
  const part = { name: '0', slot: 'a', hash, ...(inline ? { inline: text } : {}) } as const;
  const index = {
    ...envelope(hash),
    kind: 'routes',
    settings,
    needs: { endpoints: 0, secrets: 0 },
    parts: [part],
    ...fields,
  };
  return { index, part, text };
}

export interface RoutesOfTest {
  readonly index: object;
  readonly part: PartReference;
  readonly text: string;
}

/** An index of endpoints with its one part inline. */
export function endpointsIndex(ids: readonly string[], fields: Partial<DocumentIndex> = {}): object {
  const inline = JSON.stringify({ backends: ids.map((id) => endpointsOf(id)) });
  const hash = sha256(inline);
  return {
    ...envelope(hash),
    kind: 'endpoints',
    gateways: 3,
    parts: [{ name: '0', slot: 'a', hash, inline }],
    ...fields,
  };
}

function envelope(revision: string): object {
  const fleet = { namespace: 'shop', name: 'edge' };
  return { version: 1, fleet, fleetUID: 'uid-1', epoch: 1, sequence: 1, revision, requires: [] };
}
