import { expect, test } from '@jest/globals';
import { accountIn, ownAccount } from '../../src/kube/ownAccount.ts';

function tokenOf(claims: unknown): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'RS256' })}.${encode(claims)}.signature\n`;
}

const claims = { namespace: 'infra', pod: { name: 'p' }, serviceaccount: { name: 'evergate', uid: 'abc' } };

test('the token of a pod tells which account it has', () => {
  const owner = { apiVersion: 'v1', kind: 'ServiceAccount', name: 'evergate', uid: 'abc' };
  expect(accountIn(tokenOf({ 'kubernetes.io': claims }), 'infra')).toEqual(owner);
});

test.each([
  ['one of another namespace', tokenOf({ 'kubernetes.io': { ...claims, namespace: 'other' } })],
  ['one of a person', tokenOf({ sub: 'jane' })],
  ['one without a uid', tokenOf({ 'kubernetes.io': { ...claims, serviceaccount: { name: 'evergate' } } })],
  ['no token', 'none'],
  ['nothing', ''],
])('%s tells of none', (_, token) => {
  expect(accountIn(token, 'infra')).toBeUndefined();
});

test('outside of a cluster there is none', async () => {
  expect(await ownAccount('infra', '/nowhere/token')).toBeUndefined();
});
