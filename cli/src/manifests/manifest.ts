import { createHash } from 'node:crypto';
import type { Problem } from '@evergate/contract/problem';
import { isKind, type Kind, type Objects, parseObject } from '@evergate/crds/parse';

/** An object of a kind that is read, as it stands in a file. */
export interface Manifest {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  /** What the file says, with the namespace and uid that it leaves open filled in. */
  readonly object: object;
  /** The same as its schema reads it; undefined where there are problems. */
  readonly value: Objects[Kind] | undefined;
  /** Everything wrong with it. */
  readonly problems: readonly Problem[];
  readonly place: Place;
}

/** Where an object stands in a text. */
export interface Place {
  /** Most often one YAML document. */
  readonly text: string;
  /** Which of the text's YAML documents it is. */
  readonly document: number;
  /** The path to the object there: empty, or the entry of a List. */
  readonly root: string;
}

const GROUPS: Readonly<Record<Kind, string>> = {
  GatewayFleet: 'evergate.dev',
  GatewayRoute: 'evergate.dev',
  BackendPolicy: 'evergate.dev',
  Service: '',
  Secret: '',
  EndpointSlice: 'discovery.k8s.io',
  ReferenceGrant: 'gateway.networking.k8s.io',
};
const OUR_GROUP = 'evergate.dev';

/** What a value in a file is to us. */
export type Recognised =
  | { readonly type: 'manifest'; readonly kind: Kind }
  /** A kind of others. */
  | { readonly type: 'foreign'; readonly name: string }
  | { readonly type: 'unknown'; readonly problem: Problem };

/** Tells by kind and group what a value is. A kind of ours is taken for it whatever its group, so that a slip there is found. */
export function recognise(value: object): Recognised {
  const kind = textField(value, 'kind');
  const apiVersion = textField(value, 'apiVersion');
  const group = apiVersion?.includes('/') ? apiVersion.split('/', 1)[0] : '';
  if (kind === undefined) return { type: 'unknown', problem: { path: 'kind', message: missingKind(value) } };
  if (isKind(kind) && (GROUPS[kind] === OUR_GROUP || GROUPS[kind] === group)) return { type: 'manifest', kind };
  if (group !== OUR_GROUP) return { type: 'foreign', name: apiVersion === undefined ? kind : `${apiVersion} ${kind}` };
  const ours = Object.entries(GROUPS).flatMap(([name, of]) => (of === OUR_GROUP ? [name] : []));
  const message = `found ${JSON.stringify(kind)}; expected one of ${ours.join(', ')}`;
  return { type: 'unknown', problem: { path: 'kind', message } };
}

/** Reads an object; undefined where it says not even how it is called. */
export function readManifest(kind: Kind, value: object, place: Place): Manifest | undefined {
  const metadata: unknown = Reflect.get(value, 'metadata');
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const name = textField(metadata, 'name');
  if (name === undefined) return undefined;
  const namespace = textField(metadata, 'namespace') ?? 'default';
  const uid = textField(metadata, 'uid') ?? deriveUid(kind, namespace, name);
  const object = {
    ...value,
    metadata: { ...metadata, namespace: Reflect.get(metadata, 'namespace') ?? 'default', uid },
  };
  const parsed = parseObject(kind, object);
  const outcome = parsed.ok ? { value: parsed.value, problems: [] } : { value: undefined, problems: parsed.problems };
  return { kind, namespace, name, object, place, ...outcome };
}

/** What no two objects may share. */
export function manifestKey({ kind, namespace, name }: Pick<Manifest, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`;
}

/** The same for the same object on every start, in the form that API servers give. */
export function deriveUid(kind: string, namespace: string, name: string): string {
  const hash = createHash('sha256').update(`${kind}\n${namespace}\n${name}`).digest('hex');
  return hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function missingKind(value: object): string {
  const fields = Object.keys(value).slice(0, 3).join(', ');
  return `is required; found an object with ${fields === '' ? 'no fields' : fields}; expected apiVersion, kind and metadata`;
}

function textField(value: object, field: string): string | undefined {
  const found: unknown = Reflect.get(value, field);
  return typeof found === 'string' && found !== '' ? found : undefined;
}
