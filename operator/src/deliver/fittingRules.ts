import { gzipSync } from 'node:zlib';
import type { Rule } from '@evergate/contract/routeTable';
import type { RouteKey } from '../status/ledger.ts';
import type { Finding } from '../translate/verdict.ts';
import { rememberedJson } from './canonicalJson.ts';

/** Two thirds of what an object may hold: all rules of a route stand in one part, with those of others. */
const LIMIT_BYTES = 600 * 1024;

export interface Fitting {
  readonly rules: readonly Rule[];
  /** Why a route is not served as it was translated. */
  readonly refused: ReadonlyMap<RouteKey, Finding>;
}

/**
 * Leaves out the routes that are too large by themselves, so that one harms none of the others. Of such a route, the rules that are
 * served now stay, as far as the new ones still name their backends, hosts and listeners: nothing withdrawn stays. Pure.
 */
export function fittingRules(
  rules: readonly Rule[],
  served: readonly Rule[],
  limitBytes: number = LIMIT_BYTES,
): Fitting {
  const refused = new Map<RouteKey, Finding>();
  const kept: Rule[] = [];
  for (const uid of suspects(rules, limitBytes)) {
    const wanted = rules.filter(({ route }) => route.uid === uid);
    const bytes = compressedBytes(wanted);
    if (bytes <= limitBytes) continue;
    const still = stillServed(wanted, served);
    kept.push(...still);
    for (const rule of wanted) refused.set(keyOf(rule), tooLarge(bytes, limitBytes, still));
  }
  if (refused.size === 0) return { rules, refused };
  return { rules: [...rules.filter((rule) => !refused.has(keyOf(rule))), ...kept], refused };
}

/** The UIDs of routes that are too large unless compression helps. */
function suspects(rules: readonly Rule[], limitBytes: number): readonly string[] {
  const sizes = new Map<string, number>();
  for (const rule of rules) {
    const { uid } = rule.route;
    sizes.set(uid, (sizes.get(uid) ?? 0) + rememberedJson(rule).length);
  }
  const found: string[] = [];
  for (const [uid, size] of sizes) if (size > limitBytes) found.push(uid);
  return found;
}

function stillServed(wanted: readonly Rule[], served: readonly Rule[]): readonly Rule[] {
  const [first] = wanted;
  const backends = new Set(wanted.flatMap((rule) => rule.backends.map(({ backend }) => backend)));
  const hostnames = new Set(wanted.flatMap((rule) => rule.hostnames));
  const listeners = new Set(wanted.flatMap((rule) => rule.listeners));
  return served.filter(
    (rule) =>
      rule.route.uid === first?.route.uid &&
      rule.backends.every(({ backend }) => backends.has(backend)) &&
      rule.hostnames.every((hostname) => hostnames.has(hostname)) &&
      rule.listeners.every((listener) => listeners.has(listener)),
  );
}

function tooLarge(bytes: number, limitBytes: number, [kept]: readonly Rule[]): Finding {
  const found = `found ${bytes} bytes to store, compressed, accepted are at most ${limitBytes}`;
  const fate =
    kept === undefined ? 'nothing of it is served' : `it is served as of generation ${kept.route.generation}`;
  return {
    reason: 'TooLarge',
    message: `The route is too large: ${found}; split it into several. Until then, ${fate}`,
  };
}

function compressedBytes(rules: readonly Rule[]): number {
  return gzipSync(rules.map(rememberedJson).join(',')).byteLength;
}

function keyOf({ route }: Rule): RouteKey {
  return `${route.namespace}/${route.name}`;
}
