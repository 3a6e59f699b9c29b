import type { Translation } from '@evergate/operator/translate';
import type { CataloguedManifest, Contents } from '../manifests/catalogue.ts';
import type { FileFinding, Severity } from '../manifests/finding.ts';
import type { Manifest } from '../manifests/manifest.ts';
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
  const said = new Set(
    contents.findings.map(({ file, object, path, message }) => `${file} ${object} ${path} ${message}`),
  );
  const found: FileFinding[] = [];
  for (const entry of contents.manifests.values()) {
    for (const remark of remarksOn(entry.manifest, translated)) {
      const { file } = entry.reading;
      const object = `${entry.manifest.kind} ${entry.manifest.namespace}/${entry.manifest.name}`;
      const key = `${file} ${object} ${remark.path} ${remark.message}`;
      if (said.has(key)) continue;
      said.add(key);
      found.push({ file, object, ...remark, ...placeRemark(entry, remark) });
    }
  }
  return found;
}

function placeRemark({ reading, manifest }: CataloguedManifest, { path }: Remark): { line: number; column: number } {
  return placeOf(reading, manifest, path === '' ? 'metadata.name' : path);
}

function remarksOn(manifest: Manifest, translated: readonly TranslatedFleet[]): readonly Remark[] {
  const isThis = (of: { namespace: string; name: string }): boolean =>
    of.name === manifest.name && of.namespace === manifest.namespace;
  if (manifest.kind === 'GatewayRoute') {
    const verdicts = translated.flatMap(({ translation }) => translation.routes.filter(({ route }) => isThis(route)));
    return verdicts.length === 0 ? [unattached(manifest, translated)] : verdicts.flatMap(routeRemarks);
  }
  if (manifest.kind !== 'BackendPolicy') return [];
  const policies = translated.flatMap(({ translation }) => translation.policies.filter(({ policy }) => isThis(policy)));
  return policies.flatMap(({ conditions }) => conditions.filter(isUnwelcome).flatMap(conditionRemarks));
}

/** A route that names no fleet waits for a default one; of one that names others, nothing is known here. */
function unattached({ object }: Manifest, translated: readonly TranslatedFleet[]): Remark {
  const names = translated.map(({ fleet }) => fleetName(fleet)).join(', ');
  const path = 'spec.parentRefs';
  if (JSON.stringify(object).includes('"parentRefs":[{')) {
    const message = `names no GatewayFleet that is here, so it is not served; here are ${names}`;
    return { severity: 'warning', check: 'NoMatchingParent', path, message };
  }
  const remedy = `name one of ${names}, or annotate one with evergate.dev/is-default-fleet: "true"`;
  const message = `is missing, and there is not exactly one default GatewayFleet; ${remedy}`;
  return { severity: 'error', check: 'NoDefaultFleet', path, message };
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
  const [, field, message] = /^(spec(?:\.[A-Za-z0-9]+|\[[0-9]+\])*): ([\s\S]*)$/.exec(text) ?? [];
  return { severity, check, path: field ?? path, message: message ?? text };
}
