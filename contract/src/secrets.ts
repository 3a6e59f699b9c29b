import { z } from 'zod';

/*
 * The secrets document: certificates and credentials that listeners and rules name. Delivered as a Secret, never printed:
 * nothing of `data` may reach a log, a status or `/config`.
 */

/** The id of the secret with the fleet's own key, base64 under `key`: what API keys are hashed with. No Secret can be named so. */
export const fleetKeyId = '/fleet-key';

const secret = z.object({
  /** `<namespace>/<name>`, as rules refer to it. */
  id: z.string().min(1).max(512),
  /**
   * APIKey: names of keys by HMAC-SHA-256 of the key under the fleet's, base64url. BasicAuth: hashes of passwords by user. Others: as in
   * the Secret.
   */
  type: z.enum(['TLS', 'BasicAuth', 'APIKey', 'Opaque']),
  data: z.record(z.string().max(253), z.string().max(1_048_576)),
});

const secretsPart = z.object({ secrets: z.array(secret).max(10_000) });

export const secretsPartSchema: typeof secretsPart = secretsPart;

export interface SecretEntry {
  readonly id: string;
  readonly type: 'TLS' | 'BasicAuth' | 'APIKey' | 'Opaque';
  readonly data: Readonly<Record<string, string>>;
}
export interface SecretsPart {
  readonly secrets: readonly SecretEntry[];
}
