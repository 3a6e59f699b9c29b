import type {
  DocumentIndex,
  EndpointsIndex,
  PartReference,
  RoutesIndex,
  SecretsIndex,
} from '@evergate/contract/document';
import type { BackendEndpoints } from '@evergate/contract/endpoints';
import { indexKey, type PartSlot, partKey, slots } from '@evergate/contract/names';
import type { BackendSettings, FleetSettings, Rule } from '@evergate/contract/routeTable';
import type { SecretEntry } from '@evergate/contract/secrets';
import { canonicalJson } from './canonicalJson.ts';
import {
  type DocumentContent,
  type Identity,
  type NextDocument,
  nextDocument,
  type Storage,
  type Write,
} from './documents.ts';
import { isWhole } from './shards.ts';

/*
 * The three documents of a fleet, and the order in which a change of them is written:
 *
 *   1. endpoints and secrets with what is new, still with what the routes of before may use
 *   2. routes, whose index names the sequences of 1 that it needs
 *   3. endpoints and secrets without what no route uses any more
 *
 * So at every moment, whatever a reader has of it, no route it serves lacks its endpoints or secrets; and a writer that dies
 * between two writes leaves a complete state behind. Where the routes stay as they are, 1 and 3 fall together.
 */

/** Everything a fleet's gateways are told. Its entries must never change afterwards: their texts are remembered. */
export interface FleetContent {
  readonly settings: FleetSettings;
  readonly rules: readonly Rule[];
  readonly backends: readonly BackendSettings[];
  readonly endpoints: readonly BackendEndpoints[];
  /** Ready gateways. */
  readonly gateways: number;
  readonly secrets: readonly SecretEntry[];
}

/** What a publication starts from: the indexes that there are, and as much of the content as it looks back at. */
export interface Previous {
  readonly routes: RoutesIndex | undefined;
  readonly endpoints: EndpointsIndex | undefined;
  readonly secrets: SecretsIndex | undefined;
  readonly content: Pick<FleetContent, 'endpoints' | 'secrets'>;
  /** The parts that exist, those among them too that no index names any more. Sorted by their keys. */
  readonly parts: readonly PartSlot[];
  /** The parts that an index carries and that are not in their slots yet. */
  readonly unstored?: readonly Write[];
}

/** What is published. */
export interface Published extends Previous {
  readonly routes: RoutesIndex;
  readonly endpoints: EndpointsIndex;
  readonly secrets: SecretsIndex;
  /** To be written after all else, when nobody waits for it: the next publication does so itself where it has not happened. */
  readonly unstored: readonly Write[];
}

export interface Publication {
  /** In the order in which they must become visible. */
  readonly writes: readonly Write[];
  /** To remove after the last write: both slots of parts that neither the new indexes nor those before them have. */
  readonly removals: readonly PartSlot[];
  readonly state: Published;
  /** The content is what is published already: no writes. */
  readonly unchanged: boolean;
}

/** What must be written so that gateways which follow `previous` (undefined: nothing is published yet) come to `content`. */
export function publication(
  content: FleetContent,
  previous: Previous | undefined,
  identity: Identity,
  storage: Storage = {},
): Publication {
  const unstored = previous?.unstored ?? [];
  const ofRoutes = { storage, unstored: unstored.filter(({ kind }) => kind === 'routes') };
  const routes = nextDocument(routesContent(content), previous?.routes, identity, ofRoutes);
  const during = previous === undefined || routes.unchanged ? content : withThoseBefore(content, previous.content);
  const added = writeBacking(during, previous, identity, storage);
  const needs = { endpoints: added.endpoints.sequence, secrets: added.secrets.sequence };
  const table: RoutesIndex =
    routes.unchanged && previous?.routes !== undefined
      ? previous.routes
      : { kind: 'routes', ...routes.envelope, settings: content.settings, needs };
  const final = during === content ? { ...added, writes: [] } : writeBacking(content, added, identity, storage);
  const writes = [...added.writes, ...documentWrites(table, routes), ...final.writes];
  const { endpoints, secrets } = final;
  const left = [...routes.unstored, ...final.unstored];
  return conclude(writes, { routes: table, endpoints, secrets, content, unstored: left }, previous);
}

/** What is published once the parts that the indexes carry are in their slots. */
export function settled<T extends Previous>(published: T): T {
  const { parts, unstored = [] } = published;
  const all = new Map([...parts, ...unstored.flatMap(({ part }) => part ?? [])].map(keyed));
  return { ...published, parts: [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part), unstored: [] };
}

/** The documents that routes rely on, as far as they are written. */
interface Backing {
  readonly endpoints: EndpointsIndex;
  readonly secrets: SecretsIndex;
  readonly writes: readonly Write[];
  readonly unstored: readonly Write[];
}

function writeBacking(
  content: FleetContent,
  previous: Pick<Previous, 'endpoints' | 'secrets' | 'unstored'> | undefined,
  identity: Identity,
  storage: Storage,
): Backing {
  const { gateways } = content;
  const unstored = (previous?.unstored ?? []).filter(({ kind }) => kind === 'endpoints');
  const nextEndpoints = nextDocument(endpointsContent(content), previous?.endpoints, identity, { storage, unstored });
  const nextSecrets = nextDocument(secretsContent(content), previous?.secrets, identity, { storage });
  const endpoints: EndpointsIndex = { kind: 'endpoints', ...nextEndpoints.envelope, gateways };
  const secrets: SecretsIndex = { kind: 'secrets', ...nextSecrets.envelope };
  const writes = [...documentWrites(endpoints, nextEndpoints), ...documentWrites(secrets, nextSecrets)];
  return { endpoints, secrets, writes, unstored: nextEndpoints.unstored };
}

function documentWrites(index: DocumentIndex, next: NextDocument): readonly Write[] {
  if (next.unchanged) return [];
  const { kind } = index;
  return [...next.partWrites, { kind, key: indexKey(kind), text: canonicalJson(index) }];
}

function withThoseBefore(content: FleetContent, before: Previous['content']): FleetContent {
  const endpoints = union(content.endpoints, before.endpoints);
  const secrets = union(content.secrets, before.secrets);
  if (endpoints === content.endpoints && secrets === content.secrets) return content;
  return { ...content, endpoints, secrets };
}

/** `next`, and of `before` what `next` does not name; `next` itself where that is nothing. */
function union<T extends { readonly id: string }>(next: readonly T[], before: readonly T[]): readonly T[] {
  const named = new Set(next.map(({ id }) => id));
  const leaving = before.filter(({ id }) => !named.has(id));
  return leaving.length === 0 ? next : [...next, ...leaving];
}

function conclude(
  writes: readonly Write[],
  state: Omit<Published, 'parts'>,
  previous: Previous | undefined,
): Publication {
  const existing = new Map([...(previous?.parts ?? []), ...writes.flatMap(({ part }) => part ?? [])].map(keyed));
  const named = new Map([...namedParts(state), ...(previous === undefined ? [] : namedParts(previous))].map(keyed));
  const sorted = [...existing].sort(([a], [b]) => (a < b ? -1 : 1));
  const partsThat = (fits: (key: string) => boolean): PartSlot[] =>
    sorted.filter(([key]) => fits(key)).map(([, part]) => part);
  if (writes.length === 0) {
    return { writes, removals: [], state: { ...state, parts: partsThat(() => true) }, unchanged: true };
  }
  const parts = partsThat((key) => named.has(key));
  return { writes, removals: partsThat((key) => !named.has(key)), state: { ...state, parts }, unchanged: false };
}

function keyed(part: PartSlot): readonly [key: string, part: PartSlot] {
  return [partKey(part.kind, part.name, part.slot), part];
}

/** Both slots of each part: the one that no index names is written next, and is not taken away and made again in between. */
function namedParts({ routes, endpoints, secrets }: Pick<Previous, 'routes' | 'endpoints' | 'secrets'>): PartSlot[] {
  return [routes, endpoints, secrets].flatMap((index) =>
    index === undefined || isWhole(index.parts) ? [] : index.parts.flatMap((part) => slotsOf(index, part)),
  );
}

function slotsOf({ kind }: DocumentIndex, { name }: PartReference): readonly PartSlot[] {
  return slots.map((slot) => ({ kind, name, slot }));
}

function routesContent({ settings, rules, backends }: FleetContent): DocumentContent {
  const asks = settings.enforced !== undefined || rules.some(asksAnything);
  return {
    kind: 'routes',
    head: settings,
    ...(asks ? { requires: ['policies'] } : {}),
    lists: {
      rules: rules.map((rule) => ({
        id: rule.id,
        shardKey: `${rule.route.namespace}/${rule.route.name}`,
        value: rule,
      })),
      backends: backends.map((backend) => ({ id: backend.id, shardKey: backend.id, value: backend })),
    },
  };
}

function asksAnything({ auth, access, rateLimits }: Rule): boolean {
  return auth !== undefined || access !== undefined || rateLimits !== undefined;
}

function endpointsContent({ endpoints, gateways }: FleetContent): DocumentContent {
  const backends = endpoints.map((backend) => ({ id: backend.id, shardKey: backend.id, value: backend }));
  return { kind: 'endpoints', head: { gateways }, lists: { backends } };
}

function secretsContent({ secrets }: FleetContent): DocumentContent {
  const entries = secrets.map((secret) => ({ id: secret.id, shardKey: secret.id, value: secret }));
  return { kind: 'secrets', head: {}, lists: { secrets: entries }, whole: true };
}
