import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../reload/readFile.ts';

/** The kubelet replaces a token long before it ends; whoever reads it this often never has one that ended. */
const KEEP_MS = 10_000;
const LIMIT_CHARACTERS = 65_536;
/** What a bearer token may be made of (RFC 6750, 2.1). A character beyond it would be refused by the client, at its place in a header. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

interface Kept {
  readonly text: string;
  readonly readAt: number;
}

/** The credentials that the kubelet mounts into a pod, read again when they may have been replaced. */
export class ServiceAccount {
  readonly #folder: string;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();

  /** `now` in milliseconds. */
  constructor(folder: string, now: () => number) {
    this.#folder = folder;
    this.#now = now;
  }

  /** Rejects where there is none. */
  async token(): Promise<string> {
    const token = await this.#read('token');
    if (!TOKEN.test(token)) throw new Error('cannot be asked: the file token holds no token');
    return token;
  }

  /** Certificates that sign the API server's: PEM. Rejects where there are none. */
  authorities(): Promise<string> {
    return this.#read('ca.crt');
  }

  /** The API server does not accept what was read: it is read again next time. */
  distrust(): void {
    this.#kept.clear();
  }

  async #read(name: string): Promise<string> {
    const kept = this.#kept.get(name);
    const now = this.#now();
    if (kept !== undefined && now - kept.readAt < KEEP_MS) return kept.text;
    const text = await this.#readFile(name);
    if (text === '' || text.length > LIMIT_CHARACTERS) {
      throw new Error(
        `cannot be asked: the file ${name} has ${text.length} characters, accepted are 1 to ${LIMIT_CHARACTERS}`,
      );
    }
    this.#kept.set(name, { text, readAt: now });
    return text;
  }

  async #readFile(name: string): Promise<string> {
    try {
      return (await readFile(join(this.#folder, name), 'utf8')).trim();
    } catch (error) {
      throw new Error(`cannot be asked: the file ${name} cannot be read: ${errorCode(error)}`, { cause: error });
    }
  }
}
