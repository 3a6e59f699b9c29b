import type { UpstreamEndpoint } from '../upstream/endpoint.ts';
import type { Balancer } from './balancer.ts';
import { hashText } from './hash.ts';

/** Places of an endpoint on the ring: shares then differ by about a tenth. */
const POINTS = 128;
const MAX_POINTS = 131_072;
const INDEX_SPAN = 2 ** 20;
/** An endpoint with so many times the mean of requests in flight, and more than a few, takes no more. */
const LOAD_BOUND = 1.25;
const LOAD_SLACK = 4;

/**
 * The same endpoint for the same hash, on a ring with bounded loads (Mirrokni, Thorup and Zadimoghaddam, 2018): a hash goes to the next
 * endpoint on the ring that may be used and is not far busier than the others. An endpoint that leaves takes its own share with it
 * and moves nothing else; one that comes takes about its share from all.
 */
export class ConsistentHash implements Balancer {
  /** Where the points are, in order. */
  #hashes = new Uint32Array(0);
  /** Whose they are. */
  #owners: readonly UpstreamEndpoint[] = [];
  #members: ReadonlySet<UpstreamEndpoint> = new Set();
  #list: readonly UpstreamEndpoint[] | undefined;

  prepare(endpoints: readonly UpstreamEndpoint[]): void {
    const points = Math.max(1, Math.min(POINTS, Math.floor(MAX_POINTS / Math.max(1, endpoints.length))));
    // Hash and index in one number, so that a typed array sorts both at once.
    const keys = new Float64Array(endpoints.length * points);
    endpoints.forEach(({ authority }, index) => {
      const seed = hashText(authority);
      for (let point = 0; point < points; point++)
        keys[index * points + point] = hashText(String(point), seed) * INDEX_SPAN + index;
    });
    keys.sort();
    this.#hashes = Uint32Array.from(keys, (key) => Math.floor(key / INDEX_SPAN));
    this.#owners = Array.from(keys, (key) => endpoints[key % INDEX_SPAN] as UpstreamEndpoint);
  }

  pick(endpoints: readonly UpstreamEndpoint[], hash: number): UpstreamEndpoint {
    const first = endpoints[hash % endpoints.length] as UpstreamEndpoint;
    if (endpoints.length === 1 || this.#owners.length === 0) return first;
    if (this.#list !== endpoints) {
      this.#list = endpoints;
      this.#members = new Set(endpoints);
    }
    return this.#walk(hash, boundOf(endpoints)) ?? first;
  }

  /** The owner of the next point that may be used and has room; the first of those without room where none has. */
  #walk(hash: number, bound: number): UpstreamEndpoint | undefined {
    const owners = this.#owners;
    let crowded: UpstreamEndpoint | undefined;
    let index = this.#indexOf(hash);
    for (let left = owners.length; left > 0; left--) {
      const owner = owners[index] as UpstreamEndpoint;
      index = index + 1 === owners.length ? 0 : index + 1;
      if (owner === crowded || !this.#members.has(owner)) continue;
      if (owner.inFlight <= bound) return owner;
      crowded ??= owner;
    }
    return crowded;
  }

  /** Of the first point at or after `hash`. */
  #indexOf(hash: number): number {
    let low = 0;
    let high = this.#hashes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#hashes[middle] as number) < hash) low = middle + 1;
      else high = middle;
    }
    return low === this.#hashes.length ? 0 : low;
  }
}

/** The most requests in flight with which an endpoint takes one more. Only a window of a large set is looked at. */
function boundOf(endpoints: readonly UpstreamEndpoint[]): number {
  const looked = Math.min(endpoints.length, 64);
  let inFlight = 0;
  for (let index = 0; index < looked; index++) inFlight += (endpoints[index] as UpstreamEndpoint).inFlight;
  return (inFlight / looked) * LOAD_BOUND + LOAD_SLACK;
}
