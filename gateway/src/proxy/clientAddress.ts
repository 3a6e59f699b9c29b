import { BlockList, isIP, isIPv6 } from 'node:net';
import type { FleetSettings } from '@evergate/contract/routeTable';
import { addRange } from '../policy/addressRanges.ts';

type Trust = FleetSettings['clientTraffic']['clientAddress'];

/** Whom to believe about where a request comes from. */
export interface ClientTrust {
  /** Whether `peer`'s own `X-Forwarded-*`, `Forwarded` and request id are kept. */
  trusts(peer: string): boolean;
  /**
   * The client's address: `peer`, or what trusted hops say in `X-Forwarded-For` (elements joined by commas, the nearest hop last).
   */
  clientAddress(peer: string, forwardedFor: string | undefined): string;
}

/** Compiles a fleet's setting. A range that is no CIDR is left out (the operator refuses it before). */
export function compileClientTrust(trust: Trust): ClientTrust {
  if (trust.trustedCIDRs.length > 0) return trustRanges(trust.trustedCIDRs);
  if (trust.trustedHops > 0) return trustHops(trust.trustedHops);
  return { trusts: () => false, clientAddress: (peer) => peer };
}

function trustHops(hops: number): ClientTrust {
  return {
    trusts: () => true,
    clientAddress(peer, forwardedFor) {
      const chain = elementsOf(forwardedFor);
      // Each trusted hop added one element; a shorter chain did not come through all of them.
      return addressOf(chain[chain.length - hops]) ?? peer;
    },
  };
}

function trustRanges(ranges: readonly string[]): ClientTrust {
  const list = new BlockList();
  for (const range of ranges) addRange(list, range);
  const trusts = (address: string): boolean => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  return {
    trusts,
    clientAddress(peer, forwardedFor) {
      let client = peer;
      const chain = elementsOf(forwardedFor);
      while (trusts(client) && chain.length > 0) {
        const next = addressOf(chain.pop());
        if (next === undefined) return client;
        client = next;
      }
      return client;
    },
  };
}

function elementsOf(forwardedFor: string | undefined): string[] {
  return forwardedFor === undefined ? [] : forwardedFor.split(',');
}

/** An element's address without port and brackets; undefined where it is none. */
function addressOf(element: string | undefined): string | undefined {
  const text = (element ?? '').trim();
  const bare = text.startsWith('[') ? text.slice(1, text.indexOf(']')) : text.replace(/^([0-9.]+):[0-9]+$/, '$1');
  return isIP(bare) === 0 ? undefined : bare;
}
