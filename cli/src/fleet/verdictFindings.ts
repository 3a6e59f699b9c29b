import type { Kind } from '@evergate/crds/parse';
import type { Translation } from '@evergate/operator/translate';
import type { CataloguedManifest, Contents } from '../manifests/catalogue.ts';
import type { FileFinding, Severity } from '../manifests/finding.ts';
import { type Manifest, manifestKey } from '../manifests/manifest.ts';
import { placeOf } from '../manifests/readFile.ts';
import { fleetName, type LocalFleet } from './fleets.ts';

type RouteVerdict = Translation['routes'][number];
type RuleVerdict = RouteVerdict['rules'][number];
type Condition = RouteVerdict['parents'][number]['conditions'][number];

export interface TranslatedFleet {
  readonly fleet: LocalFleet;
  readonly translation: Translation;
}

/** What a translation found, before it is known where that stands. */
interface Remark {
  readonly severity: Severity;
  readonly check: string;
  readonly path: string;
  readonly message: string;
}

/**
 * Brings what the translations say of routes and policies to the places in the files. What the schemas have said already is left
 * out, and everything is said once, whichever fleets say it.
 */
export function verdictFindings(contents: Contents, translated: readonly TranslatedFleet[]): readonly FileFinding[] {
  const remarks = collectRemarks(translated);
  const said = new Set(contents.findings.map(keyOf));
  const found: FileFinding[] = [];
  for (const [object, entry] of contents.manifests) {
    for (const remark of remarks.get(object) ?? unattached(entry.manifest, translated)) {
      const finding = { file: entry.reading.file, object, ...remark };
      if (said.has(keyOf(finding))) continue;
      said.add(keyOf(finding));
      found.push({ ...finding, ...placeRemark(entry, remark) });
    }
  }
  return found;
}

function keyOf({ file, object, path, message }: Omit<FileFinding, 'line' | 'column'>): string {
  return `${file} ${object} ${path} ${message}`;
}

/** By `manifestKey`. */
function collectRemarks(translated: readonly TranslatedFleet[]): ReadonlyMap<string, readonly Remark[]> {
  const remarks = new Map<string, Remark[]>();
  const add = (kind: Kind, identity: { namespace: string; name: string }, added: readonly Remark[]): void => {
    const key = manifestKey({ kind, ...identity });
    remarks.set(key, [...(remarks.get(key) ?? []), ...added]);
  };
  for (const { translation } of translated) {
    for (const verdict of translation.routes) add('GatewayRoute', verdict.route, routeRemarks(verdict));
    for (const { policy, conditions } of translation.policies) {
      add('BackendPolicy', policy, conditions.filter(isUnwelcome).flatMap(conditionRemarks));
    }
  }
  return remarks;
}

function placeRemark({ reading, manifest }: CataloguedManifest, { path }: Remark): { line: number; column: number } {
  return placeOf(reading, manifest, path === '' ? 'metadata.name' : path);
}

/** A route that names no fleet waits for a default one; of one that names others, nothing is known here. */
function unattached({ kind, object }: Manifest, translated: readonly TranslatedFleet[]): readonly Remark[] {
  if (kind !== 'GatewayRoute') return [];
  const names = translated.map(({ fleet }) => fleetName(fleet)).join(', ');
  const path = 'spec.parentRefs';
  if (JSON.stringify(object).includes('"parentRefs":[{')) {
    const message = `names no GatewayFleet that is here, so the route is not served; here are ${names}`;
    return [{ severity: 'warning', check: 'NoMatchingParent', path, message }];
  }
  const remedy = `name one of ${names}, or annotate one of them with evergate.dev/is-default-fleet: "true"`;
  const message = `is missing, and there is not exactly one default GatewayFleet; ${remedy}`;
  return [{ severity: 'error', check: 'NoDefaultFleet', path, message }];
}

function routeRemarks({ parents, rules }: RouteVerdict): readonly Remark[] {
  const refused = parents.flatMap(({ conditions }) => conditions.filter(isRefusal).flatMap(conditionRemarks));
  return [...refused, ...rules.flatMap(ruleRemarks)];
}

/** `Accepted` also sums up what the rules say for themselves. */
function isRefusal({ type, status, reason }: Condition): boolean {
  return type === 'Accepted' && status === 'False' && reason !== 'NoRuleValid' && reason !== 'UnsupportedValue';
}

function isUnwelcome({ type, status }: Condition): boolean {
  return type === 'Conflicted' ? status === 'True' : status === 'False';
}

/** What a schema found in a policy stands in its condition once more. */
function conditionRemarks({ type, reason, message }: Condition): readonly Remark[] {
  if (reason === 'UnsupportedValue') return [];
  return [remark(type === 'Conflicted' ? 'warning' : 'error', reason, message)];
}

function ruleRemarks({ position, invalid, unresolved, conflicts, warnings }: RuleVerdict): readonly Remark[] {
  const rule = `spec.rules[${position}]`;
  return [
    ...[...invalid, ...unresolved, ...conflicts].map(({ reason, message }) => remark('error', reason, message, rule)),
    ...warnings.map(({ about, message }) => remark('warning', about, message, rule)),
  ];
}

/** The field stands before the message, where it is about one. */
function remark(severity: Severity, check: string, text: string, path = ''): Remark {
  const [, field, message] = /^([A-Za-z][^\s:]*): ([\s\S]*)$/.exec(text) ?? [];
  return { severity, check, path: field ?? path, message: message ?? text };
}
