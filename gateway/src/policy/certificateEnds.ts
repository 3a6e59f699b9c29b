import { X509Certificate } from 'node:crypto';
import type { SecretEntry } from '@evergate/contract/secrets';

/** Until when the certificates of a Secret are good. */
export interface CertificateEnd {
  /** `<namespace>/<name>`. */
  readonly secret: string;
  /** When the first of them ends, in seconds since the epoch. */
  readonly seconds: number;
}

/** A label of a metric each: more than this of one fleet are not told of. */
const MAX_SECRETS = 100;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The ends of the authorities among the secrets, those that end first in front. What is no certificate has none. */
export function certificateEnds(entries: readonly SecretEntry[]): readonly CertificateEnd[] {
  const ends = entries.flatMap(({ id, data }): CertificateEnd[] => {
    const seconds = (data['ca.crt']?.match(PEM) ?? []).flatMap(endOf);
    const secret = id.split('/').slice(0, 2).join('/');
    return seconds.length === 0 ? [] : [{ secret, seconds: Math.min(...seconds) }];
  });
  return ends.sort((a, b) => a.seconds - b.seconds).slice(0, MAX_SECRETS);
}

function endOf(pem: string): number[] {
  try {
    return [Math.floor(new X509Certificate(pem).validToDate.getTime() / 1_000)];
  } catch {
    return [];
  }
}
