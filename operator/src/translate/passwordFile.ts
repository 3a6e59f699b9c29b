/** Hashes that gateways can compare: bcrypt with a cost that does not stop them, and scrypt as a PHC string. */
const BCRYPT = /^\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$/;
const SCRYPT = /^\$scrypt\$ln=(1[0-6]|[1-9]),r=(8|[1-7]),p=[1-4]\$[A-Za-z0-9+/=]{1,128}\$[A-Za-z0-9+/=]{16,128}$/;

export interface PasswordFile {
  /** Hashes by user. */
  readonly users: Readonly<Record<string, string>>;
  /** Numbers of the lines, from 1, that are no user with such a hash. */
  readonly badLines: readonly number[];
}

/** Reads lines of `user:hash`, as htpasswd writes them; empty lines and comments are left out. */
export function readPasswordFile(text: string): PasswordFile {
  const users: [string, string][] = [];
  const badLines: number[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const hash = line.slice(colon + 1);
    if (colon > 0 && colon <= 253 && (BCRYPT.test(hash) || SCRYPT.test(hash))) users.push([line.slice(0, colon), hash]);
    else badLines.push(index + 1);
  }
  return { users: Object.fromEntries(users), badLines };
}
