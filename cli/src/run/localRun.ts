import { coalesced } from './coalesced.ts';
import { DocumentsFolder } from './documentsFolder.ts';
import { LocalGateways, type LocalGatewaysOptions, url } from './localGateways.ts';
import { ManifestFolders } from './manifestFolders.ts';
import { type Output, Report } from './report.ts';
import { type BuiltTable, describeTable, findingsOf, Tables, type TablesOptions } from './tables.ts';

export interface RunOptions
  extends Omit<TablesOptions, 'gateways'>,
    Omit<LocalGatewaysOptions, 'documents' | 'onLive'> {
  readonly folders: readonly string[];
  /** Says with each table where the time went. */
  readonly timings: boolean;
}

/** Files that were written just now settle first: their absence is worth a line only after this time. */
const FIRST_FILES_MS = 500;

/** Manifests in folders, served by gateways of this machine: what a cluster does with the same manifests, with other ends. */
export class LocalRun {
  readonly #options: RunOptions;
  readonly #output: Output;
  readonly #report: Report;
  readonly #folders: ManifestFolders;
  readonly #tables: Tables;
  readonly #documents: DocumentsFolder;
  readonly #gateways: LocalGateways;
  readonly #followSoon = coalesced(() => this.#follow());
  readonly #failure = Promise.withResolvers<never>();
  #number = 0;
  #hasBegun = false;
  #isEmpty = true;
  #waiting: NodeJS.Timeout | undefined;
  #problem: string | undefined;

  /** Throws an Error with one line for users where a folder does not exist. */
  constructor(options: RunOptions) {
    this.#options = options;
    this.#output = options.output;
    this.#report = new Report(options.output);
    this.#folders = new ManifestFolders(options.folders, this.#followSoon, (message) => this.#output.warn(message));
    this.#tables = new Tables({ ...options, gateways: options.replicas });
    this.#documents = new DocumentsFolder();
    this.#gateways = new LocalGateways({
      ...options,
      documents: this.#documents.path,
      onLive: (table, afterMs) => this.#sayLive(table.number, afterMs, table.spentMs),
    });
  }

  /** Serves until `signal` aborts. Rejects with an Error with one line for users where it cannot begin. */
  async serve(signal: AbortSignal): Promise<void> {
    try {
      await this.#folders.start();
      this.#followSoon();
      await Promise.race([aborted(signal), this.#failure.promise]);
    } finally {
      clearTimeout(this.#waiting);
      await this.#folders.close();
      await this.#gateways.stop();
      this.#documents.remove();
    }
  }

  /** One round: from changed files to written documents, and then to what there is to say. */
  async #follow(): Promise<void> {
    try {
      const begunAt = Date.now();
      const { contents, seenAt } = this.#folders.take();
      const readAt = Date.now();
      const built = this.#tables.build(contents);
      if ('problem' in built) return this.#refuse(built.problem);
      this.#problem = undefined;
      const spentMs = { waited: begunAt - seenAt, read: readAt - begunAt, translated: Date.now() - readAt };
      if (this.#isWorthWriting(built)) await this.#publish(built, seenAt, spentMs);
      this.#report.findings(findingsOf(built));
      this.#report.routes(built.translation.routes);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Before the first object, gateways would have nothing to do. */
  #isWorthWriting({ contents, publication }: BuiltTable): boolean {
    this.#isEmpty = contents.manifests.size === 0;
    if (!this.#isEmpty || this.#hasBegun) return !publication.unchanged;
    this.#sayWaitingSoon();
    return false;
  }

  async #publish(built: BuiltTable, seenAt: number, spentMs: Readonly<Record<string, number>>): Promise<void> {
    const begunAt = Date.now();
    this.#documents.write(built.publication);
    this.#tables.commit(built);
    this.#number += 1;
    const written = { ...spentMs, written: Date.now() - begunAt };
    if (!this.#hasBegun) await this.#begin(built);
    const { routes, endpoints, secrets } = built.publication.state;
    this.#gateways.expect({ number: this.#number, writes: { routes, endpoints, secrets }, seenAt, spentMs: written });
  }

  async #begin(built: BuiltTable): Promise<void> {
    const { listeners } = built.publication.state.routes.settings;
    await this.#gateways.start(listeners);
    this.#hasBegun = true;
    for (const { name, port } of listeners) this.#output.say(`listener ${name} is ${url(this.#options.host, port)}`);
    this.#output.say(`serving ${describeTable(built)}`);
  }

  /** What is served goes on; a run that cannot begin says why and ends. */
  #refuse(problem: string): void {
    if (!this.#hasBegun) throw new Error(problem);
    this.#sayProblem(problem);
  }

  /** Before the gateways run, there is nothing to fall back to. */
  #fail(error: unknown): void {
    if (!this.#hasBegun) this.#failure.reject(error);
    else this.#sayProblem(error instanceof Error ? error.message : String(error));
  }

  #sayProblem(problem: string): void {
    if (problem !== this.#problem) this.#output.warn(`the table stays as it is: ${problem}`);
    this.#problem = problem;
  }

  #sayWaitingSoon(): void {
    const folders = this.#options.folders.join(', ');
    this.#waiting ??= setTimeout(() => {
      if (this.#isEmpty)
        this.#output.say(`waiting for manifests: no .yaml or .yml file in ${folders} holds an object yet`);
    }, FIRST_FILES_MS);
  }

  #sayLive(number: number, afterMs: number, spentMs: Readonly<Record<string, number>>): void {
    const { replicas, timings } = this.#options;
    const line = `table ${number} live in ${replicas} of ${replicas} gateways after ${Math.round(afterMs)} ms`;
    if (!timings) return this.#output.say(line);
    const known = Object.values(spentMs).reduce((sum, ms) => sum + ms, 0);
    const spans = Object.entries({ ...spentMs, loaded: afterMs - known });
    this.#output.say(`${line} (${spans.map(([name, ms]) => `${name} ${Math.round(ms)}`).join(', ')})`);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
