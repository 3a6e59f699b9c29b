import { createHmac } from 'node:crypto';
import { fleetKeyId, type SecretEntry } from '@evergate/contract/secrets';
import type { Secret } from '@evergate/crds/kubernetes';
import { readPasswordFile } from './passwordFile.ts';
import type { Finding } from './verdict.ts';

/** What a fleet may read of Secrets, and what it was given of them. */
export interface SecretAccess {
  /** Namespaces whose Secrets may be read at all. */
  readonly namespaces: readonly string[] | 'All';
  /** Those that `secretsNamedBy` names of the fleet and of its routes; others do no harm. */
  readonly secrets: readonly Secret[];
  /**
   * The fleet's own key, 32 random bytes in base64, made once for a fleet: API keys are handed on as HMACs under it. That of before
   * stands in the secrets document (`fleetKeyOf`).
   */
  readonly fleetKey: string;
  /** Namespaces that may be read and could not be yet. What is served of their Secrets stays: it may be as it was. */
  readonly unread?: { readonly namespaces: readonly string[]; readonly served: readonly SecretEntry[] };
}

/** What a Secret is used for. */
export type SecretUse = 'keys' | 'users' | 'redis' | 'ca';

export interface SecretIndex {
  /** The id of what a Secret says for one use, and what is wrong with it: `message` has no field in front. */
  resolve(use: SecretUse, namespace: string, name: string): { readonly id: string; readonly finding?: Finding };
  /** The entries of the secrets document with these ids; those that do not exist are left out. */
  entries(ids: Iterable<string>): readonly SecretEntry[];
}

interface Read {
  readonly entry?: SecretEntry;
  readonly finding?: Finding;
}

const SHORTEST_KEY = 8;

/** The fleet's key among the entries of a secrets document. */
export function fleetKeyOf(entries: readonly SecretEntry[]): string | undefined {
  return entries.find(({ id }) => id === fleetKeyId)?.data['key'];
}

/** Indexes the Secrets once; each is then read once for each use. Without access none can be read. */
export function indexSecrets(access: SecretAccess | undefined): SecretIndex {
  const secrets = new Map(
    access?.secrets.map((secret) => [`${secret.metadata.namespace}/${secret.metadata.name}`, secret]),
  );
  const known = new Map<string, Read>();
  const read = (use: SecretUse, namespace: string, name: string): Read => {
    if (access === undefined || !isPermitted(access, namespace)) return { finding: notPermitted(namespace, name) };
    if (access.unread?.namespaces.includes(namespace) === true)
      return readServed(access.unread.served, namespace, name, use);
    const secret = secrets.get(`${namespace}/${name}`);
    if (secret === undefined) return { finding: missing(namespace, name) };
    return readSecret(use, secret, idOf(use, namespace, name), access.fleetKey);
  };
  return {
    resolve(use, namespace, name) {
      const id = idOf(use, namespace, name);
      const result = known.get(id) ?? read(use, namespace, name);
      known.set(id, result);
      return result.finding === undefined ? { id } : { id, finding: result.finding };
    },
    entries(ids) {
      const found = [...new Set(ids)].sort().flatMap((id) => known.get(id)?.entry ?? []);
      return access === undefined ? found : [fleetKeyEntry(access.fleetKey), ...found];
    },
  };
}

function idOf(use: SecretUse, namespace: string, name: string): string {
  return `${namespace}/${name}/${use}`;
}

function isPermitted({ namespaces }: SecretAccess, namespace: string): boolean {
  return namespaces === 'All' || namespaces.includes(namespace);
}

function fleetKeyEntry(key: string): SecretEntry {
  return { id: fleetKeyId, type: 'Opaque', data: { key } };
}

function notPermitted(namespace: string, name: string): Finding {
  const remedy = `add ${namespace} to secretNamespaces of the chart, or move the object`;
  const message = `Secret ${namespace}/${name} may not be read: the operator reads no Secrets of namespace ${namespace}; ${remedy}`;
  return { reason: 'SecretNotPermitted', message };
}

function readServed(served: readonly SecretEntry[], namespace: string, name: string, use: SecretUse): Read {
  const entry = served.find(({ id }) => id === idOf(use, namespace, name));
  return entry === undefined ? { finding: unread(namespace, name) } : { entry };
}

function unread(namespace: string, name: string): Finding {
  const remedy = `look at the operator's log, and whether its Role for Secrets is there`;
  const message = `Secret ${namespace}/${name} could not be read: the API server gave no list of the Secrets of namespace ${namespace} yet; ${remedy}`;
  return { reason: 'SecretNotPermitted', message };
}

function missing(namespace: string, name: string): Finding {
  const message = `Secret ${namespace}/${name} does not exist; create it, or correct the name`;
  return { reason: 'SecretNotFound', message };
}

/** Secrets are never changed in place, and there may be thousands of keys in one: each is read once for each use. */
const readings = new WeakMap<Secret, Map<string, Read>>();

function readSecret(use: SecretUse, secret: Secret, id: string, fleetKey: string): Read {
  const known = readings.get(secret) ?? new Map<string, Read>();
  readings.set(secret, known);
  // Of the uses only this one depends on the fleet's key.
  const reading = use === 'keys' ? `${use} ${fleetKey}` : use;
  const read = known.get(reading) ?? readFor(use, secret, id, fleetKey);
  known.set(reading, read);
  return read;
}

function readFor(use: SecretUse, secret: Secret, id: string, fleetKey: string): Read {
  const data = decode(secret);
  const named = `Secret ${secret.metadata.namespace}/${secret.metadata.name}`;
  switch (use) {
    case 'keys':
      return readKeys(data, id, named, fleetKey);
    case 'users':
      return readUsers(data, id, named);
    case 'redis':
      return { entry: pick(data, id, ['username', 'password', 'sentinelPassword']) };
    case 'ca': {
      const entry = pick(data, id, ['ca.crt']);
      return entry.data['ca.crt'] === undefined
        ? invalid(`${named} has no ca.crt; add the certificate in PEM`)
        : { entry };
    }
  }
}

function decode({ data, stringData }: Secret): Readonly<Record<string, string>> {
  const decoded = Object.entries(data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString('utf8'),
  ]);
  return { ...Object.fromEntries(decoded), ...stringData };
}

/** What is too short to be a secret is left out, and nothing of it is told. */
function readKeys(data: Readonly<Record<string, string>>, id: string, named: string, fleetKey: string): Read {
  const keys = Object.entries(data).map(([name, value]) => [name, value.replace(/\r?\n$/, '')] as const);
  const short = keys.filter(([, key]) => key.length < SHORTEST_KEY).map(([name]) => name);
  const hmac = (key: string): string =>
    createHmac('sha256', Buffer.from(fleetKey, 'base64')).update(key).digest('base64url');
  const digests = keys.filter(([, key]) => key.length >= SHORTEST_KEY).map(([name, key]) => [hmac(key), name]);
  const entry: SecretEntry = { id, type: 'APIKey', data: Object.fromEntries(digests) };
  if (short.length === 0) return { entry };
  const message = `${named} has keys of fewer than ${SHORTEST_KEY} characters: ${short.slice(0, 5).join(', ')}; make them longer`;
  return { entry, finding: { reason: 'InvalidSecret', message } };
}

function readUsers(data: Readonly<Record<string, string>>, id: string, named: string): Read {
  const text = data['auth'];
  if (text === undefined)
    return invalid(`${named} has no key auth; add lines of user:hash there, as htpasswd -B writes them`);
  const { users, badLines } = readPasswordFile(text);
  const entry: SecretEntry = { id, type: 'BasicAuth', data: users };
  if (badLines.length === 0) return { entry };
  const lines = badLines.slice(0, 5).join(', ');
  const message = `${named}, key auth: line ${lines} has no user and bcrypt (cost 4 to 14) or scrypt hash; write it with htpasswd -B`;
  return { entry, finding: { reason: 'InvalidSecret', message } };
}

function pick(data: Readonly<Record<string, string>>, id: string, names: readonly string[]): SecretEntry {
  const picked = names.flatMap((name) => (data[name] === undefined ? [] : [[name, data[name]] as const]));
  return { id, type: 'Opaque', data: Object.fromEntries(picked) };
}

function invalid(message: string): Read {
  return { finding: { reason: 'InvalidSecret', message } };
}
