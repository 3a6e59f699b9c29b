import { compareOrder, type Position } from '@evergate/contract/document';
import type { Awaited } from '../deliver/acknowledgement.ts';
import type { Finding, RouteVerdict } from '../translate/verdict.ts';
import { sameVerdict } from './sameVerdict.ts';

/** What a fleet's table says of a route, since which write. */
export interface RouteRecord {
  readonly verdict: RouteVerdict;
  /** The first write of the routes document that holds this verdict; and of the secrets, where a Secret was waited for. */
  readonly since: Awaited;
  /** When the operator heard of this generation, in milliseconds since the epoch; undefined where it was there at its start. */
  readonly heardAt: number | undefined;
  /** Why the fleet cannot take this generation, though it is valid. */
  readonly refused: Finding | undefined;
}

const SECRET_REASONS: ReadonlySet<string> = new Set(['SecretNotFound', 'SecretNotPermitted', 'InvalidSecret']);

/** The `<namespace>/<name>` of a route. */
export type RouteKey = string;

export interface RecordOptions {
  /** The write of the routes document that holds the verdicts, made or still to be made. */
  readonly position: Position;
  /** The write of the secrets beside it. */
  readonly secrets: Position;
  readonly heardAt: (key: RouteKey) => number | undefined;
  readonly refused: ReadonlyMap<RouteKey, Finding>;
}

/** The routes of one fleet: what was found of each, and in which write that stands. Remembers one verdict a route, no history. */
export class Ledger {
  #records: ReadonlyMap<RouteKey, RouteRecord> = new Map();

  get records(): ReadonlyMap<RouteKey, RouteRecord> {
    return this.#records;
  }

  /** Takes over the verdicts of a translation. Returns the routes about which there is something new to say, those that left included. */
  record(verdicts: readonly RouteVerdict[], options: RecordOptions): readonly RouteKey[] {
    const { heardAt, refused } = options;
    const before = this.#records;
    const records = new Map<RouteKey, RouteRecord>();
    const changed: RouteKey[] = [];
    for (const verdict of verdicts) {
      const key = routeKey(verdict.route);
      const known = before.get(key);
      const finding = refused.get(key);
      const isSame =
        known !== undefined && known.refused?.message === finding?.message && sameVerdict(known.verdict, verdict);
      const record = isSame
        ? withWrites(known, options)
        : { verdict, since: sinceOf(known, verdict, options), heardAt: heardAt(key), refused: finding };
      records.set(key, record);
      if (record !== known) changed.push(key);
    }
    for (const key of before.keys()) if (!records.has(key)) changed.push(key);
    this.#records = records;
    return changed;
  }
}

/** A table needs the secrets of its rules before it is served. Those that come to rules which are there already come by themselves. */
function sinceOf(known: RouteRecord | undefined, now: RouteVerdict, { position, secrets }: RecordOptions): Awaited {
  const awaited = known !== undefined && lacksSecret(known.verdict) && !lacksSecret(now);
  if (awaited) return { ...position, secrets };
  return known?.since.secrets === undefined ? position : { ...position, secrets: known.since.secrets };
}

function lacksSecret({ rules }: RouteVerdict): boolean {
  return rules.some(({ unresolved }) => unresolved.some(({ reason }) => SECRET_REASONS.has(reason)));
}

/** What was held back may turn out to be no news to the document that it was to stand in. */
function withWrites(known: RouteRecord, { position, secrets }: RecordOptions): RouteRecord {
  const { since } = known;
  const isAhead = compareOrder(since, position) > 0;
  const isSecretAhead = since.secrets !== undefined && compareOrder(since.secrets, secrets) > 0;
  if (!isAhead && !isSecretAhead) return known;
  const routes = isAhead ? position : since;
  return {
    ...known,
    since: { ...routes, ...(since.secrets === undefined ? {} : { secrets: isSecretAhead ? secrets : since.secrets }) },
  };
}

export function routeKey({ namespace, name }: { readonly namespace: string; readonly name: string }): RouteKey {
  return `${namespace}/${name}`;
}
