import { describeFound, describeIssue } from './describeIssue.ts';
import { type DocumentIndex, indexSchema, knownFeatures, readableVersions } from './document.ts';
import { type EndpointsPart, endpointsPartSchema } from './endpoints.ts';
import { collectIgnored } from './ignoredFields.ts';
import { conclude, type Findings, type Known, type ListRules, readJson, readList } from './parsePart.ts';
import type { Parsed, Problem } from './problem.ts';
import { type BackendSettings, type RoutesPart, type Rule, routesPartSchema } from './routeTable.ts';
import { type SecretsPart, secretsPartSchema } from './secrets.ts';

/*
 * From text, or what JSON.parse made of it, to a document or every problem with it. Unknown fields are ignored and listed
 * (100 at most), unless the index says in `requires` that a reader must know them. Problems are bounded to 100 a document.
 * The `...Steps` forms do the same work as generators, one step an element, for callers that must not block.
 */

/**
 * Reads an index. A version or a required feature that this build does not know is the only problem reported: what the rest
 * means is not ours to judge then. Values are shown in no message about an index of secrets.
 */
export function parseIndex(input: unknown): Parsed<DocumentIndex> {
  const json = readJson(input);
  if (!json.ok) return json;
  const foreign = foreignFeatures(json.value);
  if (foreign.length > 0) return { ok: false, problems: foreign };
  const result = indexSchema.safeParse(json.value);
  if (!result.success) {
    const secret = fieldOf(json.value, 'kind') === 'secrets';
    return { ok: false, problems: result.error.issues.map((issue) => describeIssue(issue, json.value, { secret })) };
  }
  const repeated = repeatedParts(result.data);
  if (repeated.length > 0) return { ok: false, problems: repeated };
  const ignored: Problem[] = [];
  collectIgnored(json.value, result.data, [], ignored);
  return { ok: true, value: result.data, ignored };
}

export function parseRoutesPart(input: unknown): Parsed<RoutesPart> {
  return drain(routesPartSteps(input));
}

export function parseEndpointsPart(input: unknown): Parsed<EndpointsPart> {
  return drain(endpointsPartSteps(input));
}

/** As the others; no message ever shows a value. */
export function parseSecretsPart(input: unknown): Parsed<SecretsPart> {
  return drain(secretsPartSteps(input));
}

const ruleList: ListRules<Rule> = {
  key: 'rules',
  element: routesPartSchema.shape.rules.element,
  maxItems: 100_000,
  idOf: (rule) => rule.id,
  check: checkHostnames,
};
const backendList: ListRules<BackendSettings> = {
  key: 'backends',
  element: routesPartSchema.shape.backends.element,
  maxItems: 100_000,
  idOf: (backend) => backend.id,
};
const endpointsList: ListRules<EndpointsPart['backends'][number]> = {
  key: 'backends',
  element: endpointsPartSchema.shape.backends.element,
  maxItems: 100_000,
  idOf: (backend) => backend.id,
};
const secretList: ListRules<SecretsPart['secrets'][number]> = {
  key: 'secrets',
  element: secretsPartSchema.shape.secrets.element,
  maxItems: 10_000,
  idOf: (secret) => secret.id,
};

/** Regular expressions are not compiled here: the matcher's engine decides on those. */
export function* routesPartSteps(input: unknown, known?: Known<Rule>): Generator<void, Parsed<RoutesPart>> {
  const json = readJson(input);
  if (!json.ok) return json;
  const findings = noFindings(false);
  const rules = yield* readList(json.value, ruleList, findings, known);
  const backends = yield* readList(json.value, backendList, findings);
  return conclude(json.value, { rules, backends }, findings);
}

export function* endpointsPartSteps(input: unknown): Generator<void, Parsed<EndpointsPart>> {
  const json = readJson(input);
  if (!json.ok) return json;
  const findings = noFindings(false);
  const backends = yield* readList(json.value, endpointsList, findings);
  return conclude(json.value, { backends }, findings);
}

export function* secretsPartSteps(input: unknown): Generator<void, Parsed<SecretsPart>> {
  const json = readJson(input);
  if (!json.ok) return json;
  const findings = noFindings(true);
  const secrets = yield* readList(json.value, secretList, findings);
  return conclude(json.value, { secrets }, findings);
}

function noFindings(secret: boolean): Findings {
  return { problems: [], ignored: [], secret };
}

function drain<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

function checkHostnames(rule: Rule, problem: (path: readonly PropertyKey[], message: string) => void): void {
  rule.hostnames.forEach((hostname, i) => {
    const lower = hostname.toLowerCase();
    if (hostname !== lower)
      problem(['hostnames', i], `found ${describeFound(hostname)}, accepted is ${describeFound(lower)}`);
  });
}

function foreignFeatures(index: unknown): Problem[] {
  const version = fieldOf(index, 'version');
  if (typeof version === 'number' && !readableVersions.includes(version)) {
    return [{ path: 'version', message: `found ${version}, accepted is ${readableVersions.join(' or ')}` }];
  }
  const requires = fieldOf(index, 'requires');
  if (!Array.isArray(requires)) return [];
  return requires.slice(0, 64).flatMap((feature: unknown, i) => {
    if (typeof feature !== 'string' || knownFeatures.includes(feature)) return [];
    return [
      {
        path: `requires[${i}]`,
        message: `found ${describeFound(feature)}, this build accepts ${knownFeatures.join(', ')}`,
      },
    ];
  });
}

function repeatedParts(index: DocumentIndex): Problem[] {
  const seen = new Set<string>();
  return index.parts.flatMap(({ name }, i) => {
    const repeated = seen.has(name);
    seen.add(name);
    return repeated
      ? [{ path: `parts[${i}].name`, message: `found "${name}" a second time, accepted is a name of its own` }]
      : [];
  });
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
