import type { FleetSettings } from '@evergate/contract/routeTable';
import { type Publication, type Published, publication } from '@evergate/operator/deliver/publication';
import type { Translation } from '@evergate/operator/translate';
import { chooseFleet, fleetName, fleetsOf, type LocalFleet } from '../fleet/fleets.ts';
import { type ServedTable, translateFleet } from '../fleet/translateFleet.ts';
import { verdictFindings } from '../fleet/verdictFindings.ts';
import type { Contents } from '../manifests/catalogue.ts';
import type { FileFinding } from '../manifests/finding.ts';

/** A run is one line of writes: its folder is new, and nobody restores an older state of it. */
const EPOCH = 1;

export interface TablesOptions {
  /** The port of the first listener; the others have the ports after it. */
  readonly port: number;
  readonly gateways: number;
  /** `namespace/name` of the fleet to serve. */
  readonly fleet?: string | undefined;
}

/** What is to be published, and what it was made of. */
export interface BuiltTable {
  readonly contents: Contents;
  readonly fleet: LocalFleet;
  readonly translation: Translation;
  readonly publication: Publication;
}

/** Makes each table from the files and from the one before it. */
export class Tables {
  readonly #options: TablesOptions;
  #served: ServedTable | undefined;
  #published: Published | undefined;

  constructor(options: TablesOptions) {
    this.#options = options;
  }

  /** Or says why there is no fleet to make it for. What is built counts as served once `commit` was called. */
  build(contents: Contents): BuiltTable | { readonly problem: string } {
    const fleet = chooseFleet(fleetsOf(contents), this.#options.fleet);
    if ('problem' in fleet) return fleet;
    const translation = translateFleet(contents, fleet, this.#served);
    const { rules, backends, endpoints, secrets } = translation;
    const settings = withPorts(translation.settings, this.#options.port);
    const content = { settings, rules, backends, endpoints, secrets, gateways: this.#options.gateways };
    const identity = { fleetUID: fleet.uid, fleet: { namespace: fleet.namespace, name: fleet.name }, epoch: EPOCH };
    return { contents, fleet, translation, publication: publication(content, this.#published, identity) };
  }

  /** The table was written. */
  commit({ translation, publication }: BuiltTable): void {
    this.#served = translation;
    this.#published = publication.state;
  }
}

/** Listeners with ports below 1024, or those of another machine, are of no use here: each gets the next port from `first` on. */
function withPorts(settings: FleetSettings, first: number): FleetSettings {
  return { ...settings, listeners: settings.listeners.map((listener, i) => ({ ...listener, port: first + i })) };
}

/** Everything wrong with the files, and with what became of them. */
export function findingsOf({ contents, fleet, translation }: BuiltTable): readonly FileFinding[] {
  return [...contents.findings, ...verdictFindings(contents, [{ fleet, translation }])];
}

/** `2 routes, 3 rules and 4 endpoints of fleet default/default` */
export function describeTable({ fleet, translation }: BuiltTable): string {
  const endpoints = translation.endpoints.reduce((sum, backend) => sum + backend.endpoints.length, 0);
  const { routes, rules } = translation;
  return `${routes.length} routes, ${rules.length} rules and ${endpoints} endpoints of fleet ${fleetName(fleet)}`;
}
