import type { BackendSettings } from '@evergate/contract/routeTable';
import type { Balancer } from './balancer.ts';
import { ConsistentHash } from './consistentHash.ts';
import { LeastRequests } from './leastRequests.ts';
import { Random } from './random.ts';
import { RoundRobin } from './roundRobin.ts';

type Policy = BackendSettings['loadBalancing']['policy'];

/** The balancer that a backend's policy names. */
export function createBalancer(policy: Policy): Balancer {
  switch (policy) {
    case 'RoundRobin':
      return new RoundRobin();
    case 'LeastRequests':
      return new LeastRequests();
    case 'Random':
      return new Random();
    case 'ConsistentHash':
      return new ConsistentHash();
  }
}
