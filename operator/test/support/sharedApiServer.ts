import { randomBytes } from 'node:crypto';
import type { ApiClient, ApiClientOptions } from '../../src/kube/apiClient.ts';
import { namespaces } from '../../src/kube/resource.ts';
import type { Credentials } from '../../src/kube/transport.ts';
import { type Access, clientOf } from './apiServer.ts';

/** The variable that tells the tests of a run where their API server is. */
export const ACCESS_VARIABLE = 'EVERGATE_TEST_API_SERVER';

/** The API server that a whole run of Jest shares, with our kinds installed. Only for files named `*.apiServer.test.ts` or `*.load.test.ts`. */
export function sharedAccess(): Access {
  const text = process.env[ACCESS_VARIABLE];
  if (text === undefined)
    throw new Error(`${ACCESS_VARIABLE} is not set: name the file *.apiServer.test.ts or *.load.test.ts`);
  return JSON.parse(text) as Access;
}

/** A client of the shared API server with every right. Whoever makes it closes it. */
export function sharedClient(options: Omit<ApiClientOptions, keyof Credentials> = {}): Promise<ApiClient> {
  return clientOf(sharedAccess(), options);
}

/** Makes a namespace that no other test knows. */
export async function ownNamespace(client: ApiClient): Promise<string> {
  const name = `test-${randomBytes(5).toString('hex')}`;
  await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}
