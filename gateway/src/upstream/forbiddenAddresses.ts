import { BlockList, isIP } from 'node:net';

/*
 * An ExternalName Service can name what no ReferenceGrant would permit. These are never connected to, whatever a name resolves to:
 * this machine, the link, the metadata services of clouds, addresses that belong to nobody or to many.
 */
const RANGES: readonly string[] = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Azure's and Alibaba Cloud's.
  '168.63.129.16/32',
  '100.100.100.200/32',
  '::/128',
  '::1/128',
  'fe80::/10',
  'ff00::/8',
  // AWS's over IPv6, and IPv4 in disguise: NAT64 and 6to4.
  'fd00:ec2::/32',
  '64:ff9b::/96',
  '2002::/16',
];

/** Says whether an address must not be connected to. */
export type IsForbidden = (address: string) => boolean;

/**
 * `more` are ranges or addresses that belong to the cluster (its pods, its Services, its API server); what is neither is left out. What
 * is no address at all is forbidden.
 */
export function forbiddenAddresses(more: readonly string[]): IsForbidden {
  const list = new BlockList();
  for (const range of [...RANGES, ...more]) addRange(list, range);
  return (address) => {
    const family = isIP(address);
    return family === 0 || list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
}

function addRange(list: BlockList, range: string): void {
  const [address = '', length] = range.split('/');
  const family = isIP(address);
  const bits = family === 6 ? 128 : 32;
  const prefix = length === undefined ? bits : Number(length);
  if (family === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > bits) return;
  list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
}
