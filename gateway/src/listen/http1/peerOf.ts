import type { Socket } from 'node:net';
import type { Peer } from '../exchange.ts';

const MAPPED = '::ffff:';

/** Who is on the other end of a connection that was accepted. */
export function peerOf({ remoteAddress = '', remotePort = 0 }: Socket): Peer {
  const isMapped = remoteAddress.startsWith(MAPPED);
  return { address: isMapped ? remoteAddress.slice(MAPPED.length) : remoteAddress, port: remotePort };
}
