import type { GatewayFleet } from '@evergate/crds/gatewayFleet';
import { parseObject } from '@evergate/crds/parse';
import { chooseFleet, fleetName, fleetsOf } from '../fleet/fleets.ts';
import type { Contents } from '../manifests/catalogue.ts';
import { haproxyConfig } from './haproxy.ts';
import { type LoadBalancerWishes, loadBalancer } from './loadBalancer.ts';
import { nginxConfig } from './nginx.ts';

/** The programs that a configuration can be for. */
export const loadBalancers = ['nginx', 'haproxy'] as const;

export interface LoadBalancerOptions extends LoadBalancerWishes {
  readonly for: (typeof loadBalancers)[number];
  readonly fleet: string | undefined;
  readonly listener: string | undefined;
}

const writers = { nginx: nginxConfig, haproxy: haproxyConfig };

/** The configuration for the fleet among the files. Throws, with what to do, where there is no such fleet or listener. */
export function loadBalancerConfig(contents: Contents, options: LoadBalancerOptions): string {
  const fleet = readFleet(contents, options.fleet);
  const names = fleet.spec.listeners.map(({ name }) => name);
  const listener = fleet.spec.listeners.find(({ name }) => name === (options.listener ?? names[0]));
  if (listener === undefined)
    throw new Error(`there is no listener ${options.listener}; name one of ${names.join(', ')}`);
  return writers[options.for](loadBalancer(fleet, listener, options));
}

function readFleet(contents: Contents, wanted: string | undefined): GatewayFleet {
  const chosen = chooseFleet(fleetsOf(contents), wanted);
  if ('problem' in chosen) throw new Error(chosen.problem);
  const parsed = parseObject('GatewayFleet', chosen.object);
  if (parsed.ok) return parsed.value;
  const problems = parsed.problems.map(({ path, message }) => `${path} ${message}`);
  throw new Error(`GatewayFleet ${fleetName(chosen)} is not valid: ${problems.join('; ')}`);
}
