import { readFile } from 'node:fs/promises';
import type { OwnerReference } from './kubeObject.ts';

/** Where a pod finds the token of its account. */
const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * The account that this process has in `namespace`, as the owner of what is not to outlive an installation; undefined where it has none, as
 * outside of a cluster. The token says it, so it needs no right.
 */
export async function ownAccount(namespace: string, file: string = TOKEN_FILE): Promise<OwnerReference | undefined> {
  const token = await readFile(file, 'utf8').catch(() => '');
  return accountIn(token, namespace);
}

/** The account that a token was made for, if that is one of `namespace`. The API server judges the token, not we. */
export function accountIn(token: string, namespace: string): OwnerReference | undefined {
  const [, payload = ''] = token.split('.');
  const claims = fieldOf(parsed(Buffer.from(payload, 'base64url').toString('utf8')), 'kubernetes.io');
  const account = fieldOf(claims, 'serviceaccount');
  const [name, uid] = [fieldOf(account, 'name'), fieldOf(account, 'uid')];
  if (fieldOf(claims, 'namespace') !== namespace || typeof name !== 'string' || typeof uid !== 'string') {
    return undefined;
  }
  return { apiVersion: 'v1', kind: 'ServiceAccount', name, uid };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, field)
    ? Reflect.get(value, field)
    : undefined;
}
