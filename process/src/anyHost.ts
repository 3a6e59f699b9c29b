import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/**
 * The address that stands for all of this machine's: `::`, which takes IPv4 too, where there is any IPv6 address, else `0.0.0.0`. A kernel
 * without IPv6 could not bind the first.
 */
export function anyHost(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces()): '::' | '0.0.0.0' {
  const hasIPv6 = Object.values(interfaces).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'));
  return hasIPv6 ? '::' : '0.0.0.0';
}
