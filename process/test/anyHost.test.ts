import { expect, test } from '@jest/globals';
import { anyHost } from '../src/anyHost.ts';

function addressOf(family: 'IPv4' | 'IPv6') {
  return { address: '', netmask: '', mac: '', internal: true, cidr: null, family, scopeid: 0 } as never;
}

test('takes both families where the machine has IPv6, and IPv4 where it has no other', () => {
  expect(anyHost({ lo: [addressOf('IPv4'), addressOf('IPv6')] })).toBe('::');
  expect(anyHost({ lo: [addressOf('IPv4')] })).toBe('0.0.0.0');
  expect(anyHost({})).toBe('0.0.0.0');
});
