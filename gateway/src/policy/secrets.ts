import { createHmac, randomBytes } from 'node:crypto';
import { fleetKeyId, type SecretEntry } from '@evergate/contract/secrets';
import { type CertificateEnd, certificateEnds } from './certificateEnds.ts';

/** The secrets document as policies ask it. Nothing of it may reach a log, a status or an error. */
export class Secrets {
  #entries: ReadonlyMap<string, SecretEntry> = new Map();
  /** Of a fleet that was given none: nothing that was hashed elsewhere matches. */
  #fleetKey: Buffer = randomBytes(32);
  #certificates: readonly CertificateEnd[] = [];

  /** Takes over a document: what is not in it any more is gone from the next request on. */
  update(entries: readonly SecretEntry[]): void {
    this.#entries = new Map(entries.map((entry) => [entry.id, entry]));
    this.#certificates = certificateEnds(entries);
    const key = this.#entries.get(fleetKeyId)?.data['key'];
    if (key === undefined) return;
    const fleetKey = Buffer.from(key, 'base64');
    if (!fleetKey.equals(this.#fleetKey)) this.#fleetKey = fleetKey;
  }

  /** The same buffer as long as the key is the same. */
  get fleetKey(): Buffer {
    return this.#fleetKey;
  }

  /** Until when the authorities among them are good. */
  get certificates(): readonly CertificateEnd[] {
    return this.#certificates;
  }

  entry(id: string): SecretEntry | undefined {
    return this.#entries.get(id);
  }

  /** HMAC-SHA-256 under the fleet's key, base64url: the same in each of its gateways, and of no use elsewhere. */
  digest(text: string): string {
    return createHmac('sha256', this.#fleetKey).update(text).digest('base64url');
  }

  /**
   * The name of a key, where one of the secrets has it. What is looked up is its HMAC, of which nobody outside can choose a byte: how
   * long that takes tells nothing of the key.
   */
  apiKeyName(ids: readonly string[], key: string): string | undefined {
    const digest = this.digest(key);
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (entry?.type === 'APIKey' && Object.hasOwn(entry.data, digest)) return entry.data[digest];
    }
    return undefined;
  }

  /** How the password of a user was hashed. */
  passwordHash(ids: readonly string[], user: string): string | undefined {
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (entry?.type === 'BasicAuth' && Object.hasOwn(entry.data, user)) return entry.data[user];
    }
    return undefined;
  }

  /** Any hash of these secrets: what a password of an unknown user is compared with, so that it takes as long. */
  anyPasswordHash(ids: readonly string[]): string | undefined {
    for (const id of ids) for (const hash of Object.values(this.#entries.get(id)?.data ?? {})) return hash;
    return undefined;
  }
}
