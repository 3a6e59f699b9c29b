import { randomBytes } from 'node:crypto';
import type { BackendSettings, Rule } from '@evergate/contract/routeTable';
import type { SecretEntry } from '@evergate/contract/secrets';
import { type Translation, translate } from '@evergate/operator/translate';
import { fleetKeyOf } from '@evergate/operator/translate/secrets';
import type { Contents } from '../manifests/catalogue.ts';
import type { LocalFleet } from './fleets.ts';

/** What is served now: where the last good version of a rule or policy is found. */
export interface ServedTable {
  readonly rules: readonly Rule[];
  readonly backends: readonly BackendSettings[];
  readonly secrets: readonly SecretEntry[];
}

/** Runs the operator's translation on what the files hold. */
export function translateFleet(contents: Contents, fleet: LocalFleet, served?: ServedTable): Translation {
  const manifests = [...contents.manifests.values()].map(({ manifest }) => manifest);
  const values = manifests.flatMap(({ value }) => value ?? []);
  return translate({
    fleet: fleet.object,
    isDefault: fleet.isDefault,
    routes: manifests.filter(({ kind }) => kind === 'GatewayRoute').map(({ object }) => object),
    policies: manifests.filter(({ kind }) => kind === 'BackendPolicy').map(({ object }) => object),
    services: values.filter((value) => value.kind === 'Service'),
    endpointSlices: values.filter((value) => value.kind === 'EndpointSlice'),
    secretAccess: {
      namespaces: 'All',
      secrets: values.filter((value) => value.kind === 'Secret'),
      fleetKey: fleetKeyOf(served?.secrets ?? []) ?? randomBytes(32).toString('base64'),
    },
    referenceGrants: values.filter((value) => value.kind === 'ReferenceGrant'),
    previous: new Map(served?.rules.map((rule) => [rule.id, rule])),
    previousBackends: new Map(served?.backends.map((backend) => [backend.id, backend])),
  });
}
