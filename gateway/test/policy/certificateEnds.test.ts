import { X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { certificateEnds } from '../../src/policy/certificateEnds.ts';
import { certificateFor } from '../support/certificate.ts';

test('tells when the first certificate of each Secret ends, and nothing of what is none', async () => {
  const { ca, certificate } = await certificateFor('redis.example.com');
  const ends = [ca, certificate].map((pem) => Math.floor(new X509Certificate(pem).validToDate.getTime() / 1_000));
  const entries = [
    { id: 'shop/redis/ca', type: 'Opaque', data: { 'ca.crt': `${certificate}\n${ca}` } },
    { id: 'shop/broken/ca', type: 'Opaque', data: { 'ca.crt': ca.replace(/[A-Za-z]{20}/, 'x') } },
    { id: 'shop/keys/keys', type: 'APIKey', data: { hash: 'ada' } },
  ] as const;
  expect(certificateEnds(entries)).toEqual([{ secret: 'shop/redis', seconds: Math.min(...ends) }]);
});
