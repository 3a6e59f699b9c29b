import type { Position } from '@evergate/contract/document';
import type { Finding, RouteVerdict } from '../translate/verdict.ts';
import { sameVerdict } from './sameVerdict.ts';

/** What a fleet's table says of a route, since which write. */
export interface RouteRecord {
  readonly verdict: RouteVerdict;
  /** The first write of the routes document that holds this verdict. */
  readonly since: Position;
  /** When the operator heard of this generation, in milliseconds since the epoch; undefined where it was there at its start. */
  readonly heardAt: number | undefined;
  /** Why the fleet cannot take this generation, though it is valid. */
  readonly refused: Finding | undefined;
}

/** The `<namespace>/<name>` of a route. */
export type RouteKey = string;

export interface RecordOptions {
  /** The write of the routes document that holds the verdicts, made or still to be made. */
  readonly position: Position;
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
  record(verdicts: readonly RouteVerdict[], { position, heardAt, refused }: RecordOptions): readonly RouteKey[] {
    const before = this.#records;
    const records = new Map<RouteKey, RouteRecord>();
    const changed: RouteKey[] = [];
    for (const verdict of verdicts) {
      const key = routeKey(verdict.route);
      const known = before.get(key);
      const finding = refused.get(key);
      const isSame =
        known !== undefined && known.refused?.message === finding?.message && sameVerdict(known.verdict, verdict);
      records.set(key, isSame ? known : { verdict, since: position, heardAt: heardAt(key), refused: finding });
      if (!isSame) changed.push(key);
    }
    for (const key of before.keys()) if (!records.has(key)) changed.push(key);
    this.#records = records;
    return changed;
  }
}

export function routeKey({ namespace, name }: { readonly namespace: string; readonly name: string }): RouteKey {
  return `${namespace}/${name}`;
}
