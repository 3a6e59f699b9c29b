import { readFileSync, writeFileSync } from 'node:fs';
import type { EndpointSlice, ReferenceGrant, Secret, Service } from '@evergate/crds/kubernetes';
import { type Kind, parseObject } from '@evergate/crds/parse';
import { parseAllDocuments, stringify } from 'yaml';
import { parentStatuses } from '../../src/translate/routeStatus.ts';
import { type TranslateInput, type Translation, translate } from '../../src/translate/translate.ts';

/*
 * A case is a YAML file of objects, applied in order. A document `kind: Step` translates what is there so far; what it serves is the
 * last good of the next step. Later documents replace earlier ones of the same kind and name, and `kind: Remove` takes one away.
 */

interface Document {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Record<string, string>;
  };
}

const assumedFleet: Document = {
  kind: 'GatewayFleet',
  ...{ apiVersion: 'evergate.dev/v1alpha1' },
  metadata: { name: 'edge', namespace: 'shop', annotations: { 'evergate.dev/is-default-fleet': 'true' } },
};

const fleetKey = Buffer.from('a key of the fleet, 32 bytes long').toString('base64');

/** The input of the last step of a case. */
export function caseInput(text: string): TranslateInput {
  let objects: readonly Document[] = [assumedFleet];
  let last: Translation | undefined;
  for (const document of readDocuments(text)) {
    if (document.kind === 'Step') last = translate(inputOf(objects, last));
    else objects = apply(objects, document);
  }
  return inputOf(objects, last);
}

function readDocuments(text: string): readonly Document[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    return document.toJS() as Document;
  });
}

function apply(objects: readonly Document[], document: Document): readonly Document[] {
  if (document.kind === 'Remove') return objects.filter((object) => keyOf(object) !== nameOf(document));
  if (document.kind === 'GatewayFleet') return [...objects.filter(({ kind }) => kind !== 'GatewayFleet'), document];
  const at = objects.findIndex((object) => keyOf(object) === keyOf(document));
  return at < 0 ? [...objects, document] : objects.with(at, document);
}

function keyOf(object: Document): string {
  return `${object.kind} ${nameOf(object)}`;
}

function nameOf({ metadata }: Document): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

function inputOf(objects: readonly Document[], last: Translation | undefined): TranslateInput {
  const fleet = objects.find(({ kind }) => kind === 'GatewayFleet');
  return {
    fleet,
    isDefault: fleet?.metadata.annotations?.['evergate.dev/is-default-fleet'] === 'true',
    routes: objects.filter(({ kind }) => kind === 'GatewayRoute'),
    policies: objects.filter(({ kind }) => kind === 'BackendPolicy'),
    services: valid<Service>(objects, 'Service'),
    endpointSlices: valid<EndpointSlice>(objects, 'EndpointSlice'),
    referenceGrants: valid<ReferenceGrant>(objects, 'ReferenceGrant'),
    secretAccess: { namespaces: ['shop'], secrets: valid<Secret>(objects, 'Secret'), fleetKey },
    previous: new Map(last?.rules.map((rule) => [rule.id, rule])),
    previousBackends: new Map(last?.backends.map((backend) => [backend.id, backend])),
  };
}

function valid<T>(objects: readonly Document[], kind: Kind): readonly T[] {
  return objects
    .filter((object) => object.kind === kind)
    .map((object) => {
      const parsed = parseObject(kind, object);
      if (!parsed.ok) throw new Error(`${keyOf(object)}: ${JSON.stringify(parsed.problems)}`);
      return parsed.value as T;
    });
}

/** What a case shows: the table, and the statuses as the cluster would. */
export function describeTranslation(translation: Translation): string {
  const { rules, backends, endpoints, secrets, routes, policies, fleet } = translation;
  const { redis, enforced } = translation.settings;
  const settings = redis === undefined && enforced === undefined ? {} : { settings: { redis, enforced } };
  const statuses = routes.map((verdict) => ({
    route: `${verdict.route.namespace}/${verdict.route.name}`,
    parents: parentStatuses(verdict, 'evergate.dev/operator'),
    warnings: verdict.rules.flatMap(({ name, warnings }) => warnings.map((warning) => ({ rule: name, ...warning }))),
  }));
  const options = { lineWidth: 0, aliasDuplicateObjects: false };
  return stringify(
    {
      ...settings,
      rules,
      backends,
      endpoints,
      ...(secrets.length === 0 ? {} : { secrets }),
      statuses,
      policies,
      fleet,
    },
    options,
  );
}

/** The text of a golden file; with UPDATE_GOLDEN=1 it becomes `actual` first. */
export function golden(path: URL, actual: string): string {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, actual);
  return readFileSync(path, 'utf8');
}
