import { BlockList, isIP, isIPv6 } from 'node:net';

/** Adds a CIDR, or one address, to a list. What is neither is left out and false is returned. */
export function addRange(list: BlockList, range: string): boolean {
  const [address = '', prefix] = range.split('/');
  const family = isIP(address);
  if (family === 0) return false;
  const longest = family === 6 ? 128 : 32;
  const bits = prefix === undefined ? longest : Number(prefix);
  if (!Number.isInteger(bits) || bits < 0 || bits > longest) return false;
  list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  return true;
}

/** Compiles ranges into a test of an address. IPv4 written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address. */
export function compileRanges(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) addRange(list, range);
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
