import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Access } from './apiServer.ts';

/** A token of a ServiceAccount that is worth nothing once the Secret is deleted to which it is bound. */
export async function accountToken(
  access: Access,
  account: { readonly namespace: string; readonly name: string },
  secret: { readonly name: string; readonly uid: string },
): Promise<string> {
  const path = `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`;
  const boundObjectRef = { kind: 'Secret', apiVersion: 'v1', ...secret };
  const spec = { audiences: ['https://kubernetes.default.svc'], expirationSeconds: 3_600, boundObjectRef };
  const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec });
  const { status, answer } = await call(access, access.token, path, body);
  const token = (answer as { readonly status?: { readonly token?: string } }).status?.token;
  if (token === undefined) throw new Error(`no token, but ${status}: ${JSON.stringify(answer)}`);
  return token;
}

/** What the API server says to a GET by whoever has the token. */
export async function statusFor(access: Access, token: string, path: string): Promise<number> {
  return (await call(access, token, path)).status;
}

async function call(
  { server, caFile }: Access,
  token: string,
  path: string,
  body?: string,
): Promise<{ readonly status: number; readonly answer: unknown }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const method = body === undefined ? 'GET' : 'POST';
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; answer: unknown }>();
  const sent = request(`${server}${path}`, { ca: await readFile(caFile), agent: false, method, headers });
  sent.on('response', (response) => {
    text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer: JSON.parse(answer) }), reject);
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}
