import type { DocumentKind } from '@evergate/contract/names';
import type { Logger } from '@evergate/process/log';
import { ApiClient } from './apiServer/apiClient.ts';
import { ServiceAccount } from './apiServer/serviceAccount.ts';
import type { GatewayConfig } from './config.ts';
import type { WatchConfig } from './deliveryConfig.ts';
import { Copy } from './reload/copy.ts';
import { CopySource } from './reload/copySource.ts';
import { FileSource } from './reload/fileSource.ts';
import type { NamedSource } from './reload/source.ts';
import { systemTimers, type Timers } from './reload/timers.ts';
import { type Contact, WatchSource } from './reload/watchSource.ts';

/** A start waits so long for its first list, from the birth of the process on: on a busy machine that alone takes a second or two. */
const FIRST_LIST_MS = 3_000;
const FIRST_LIST_LEAST_MS = 1_000;

type PerDocument = Record<DocumentKind, number>;

/** Where a gateway's documents come from, and where it keeps them: the sources of its reloader and what is counted of them. */
export class Delivery {
  readonly sources: readonly NamedSource[];
  /** Undefined for a gateway that keeps none. */
  readonly copy: Copy | undefined;
  readonly copiesWritten: PerDocument = { routes: 0, endpoints: 0, secrets: 0 };
  readonly copiesFailed: PerDocument = { routes: 0, endpoints: 0, secrets: 0 };
  readonly #watch: WatchSource | undefined;
  readonly #log: Logger;
  readonly #failures = new Map<DocumentKind, string>();

  constructor({ documents, delivery }: Pick<GatewayConfig, 'documents' | 'delivery'>, log: Logger) {
    this.#log = log;
    this.copy = delivery.copy === undefined ? undefined : this.#createCopy(delivery.copy);
    this.#watch = delivery.watch === undefined ? undefined : createWatch(delivery.watch, systemTimers);
    this.sources = [
      ...(delivery.copy === undefined ? [] : [{ name: 'Copy', source: new CopySource(delivery.copy) } as const]),
      { name: 'Mount', source: new FileSource(documents) },
      ...(this.#watch === undefined ? [] : [{ name: 'Watch', source: this.#watch } as const]),
    ];
  }

  /** How the gateway stands with the API server; undefined where it does not watch. */
  get contact(): Contact | undefined {
    return this.#watch?.contact;
  }

  /** How often watches began again. */
  get restarts(): ReturnType<WatchSource['restarts']> | readonly [] {
    return this.#watch?.restarts() ?? [];
  }

  /** Writes what is served to the copy once more. The sources are the reloader's to close. */
  async close(): Promise<void> {
    await this.copy?.close();
  }

  #createCopy(folder: string): Copy {
    return new Copy({
      folder,
      timers: systemTimers,
      onWritten: (kind) => {
        this.copiesWritten[kind] += 1;
        this.#failures.delete(kind);
      },
      onFailed: (kind, message) => {
        this.copiesFailed[kind] += 1;
        if (this.#failures.get(kind) === message) return;
        this.#failures.set(kind, message);
        this.#log.warn('the copy of what is served could not be written; trying on', {
          document: kind,
          problem: message,
        });
      },
    });
  }
}

function createWatch({ server, serviceAccount, namespace, fleet }: WatchConfig, timers: Timers): WatchSource {
  const account = new ServiceAccount(serviceAccount, timers.now);
  const client = new ApiClient({ server, account, timers });
  const firstListMs = Math.max(FIRST_LIST_LEAST_MS, FIRST_LIST_MS - process.uptime() * 1_000);
  return new WatchSource({ client, namespace, fleet, timers, random: Math.random, firstListMs });
}
