import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A server's key and certificate, in PEM, good for two days, by an authority made for it alone. */
export interface Certificate {
  readonly key: string;
  readonly certificate: string;
  /** The authority's. */
  readonly ca: string;
}

const run = promisify(execFile);
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

/** Makes one for a name with openssl: Node can sign none. */
export async function certificateFor(name: string): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'evergate-certificate-'));
  const file = (what: string): string => join(folder, `${what}.pem`);
  const make = (what: string, subject: string, more: readonly string[]) =>
    run('openssl', [
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      file(`${what}-key`),
      '-out',
      file(what),
      '-subj',
      subject,
      ...more,
    ]);
  try {
    await make('authority', '/CN=an authority for a test', ['-addext', 'basicConstraints=critical,CA:TRUE']);
    const signed = ['-CA', file('authority'), '-CAkey', file('authority-key')];
    await make('server', `/CN=${name}`, [
      '-addext',
      `subjectAltName=DNS:${name}`,
      '-addext',
      'basicConstraints=CA:FALSE',
      ...signed,
    ]);
    const [key, certificate, ca] = await Promise.all(
      ['server-key', 'server', 'authority'].map((what) => readFile(file(what), 'utf8')),
    );
    return { key, certificate, ca } as Certificate;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
