import { type DocumentKind, indexKey, indexObjectName, partKey, partObjectName } from '@evergate/contract/names';
import type { KubeObject, ObjectMeta } from '../kube/kubeObject.ts';
import { configMaps, type Resource, secrets } from '../kube/resource.ts';
import type { Write } from './documents.ts';
import type { Stored, StoredPart } from './restore.ts';

/* Documents as objects of the API server: one ConfigMap an index and a part, one Secret for the secrets. Pure. */

/** Names the document that an object holds a piece of. */
export const documentLabel = 'evergate.dev/document';

export function documentResource(kind: DocumentKind): Resource {
  return kind === 'secrets' ? secrets : configMaps;
}

/** The name of the object that a write goes to. */
export function objectNameOf(fleet: string, { kind, part }: Pick<Write, 'kind' | 'part'>): string {
  return part === undefined ? indexObjectName(fleet, kind) : partObjectName(fleet, kind, part.name, part.slot);
}

/** The object that holds what is written. */
export function documentObject(write: Write, metadata: ObjectMeta): KubeObject {
  const { kind, key, text, gzip } = write;
  if (kind === 'secrets') {
    return { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata, data: { [key]: base64(Buffer.from(text)) } };
  }
  const held = gzip === undefined ? { data: { [key]: text } } : { binaryData: { [key]: base64(gzip) } };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, ...held };
}

/** The same, as what replaces that version of it. */
export function atVersion(object: KubeObject, resourceVersion: string | undefined): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) } };
}

/** Reads back what a fleet's ConfigMaps and its Secret hold. Whatever else is in them, or among them, is left out. */
export function readStored(fleet: string, objects: readonly KubeObject[]): Stored {
  const named = new Map(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
  const routes = textIn(named.get(`ConfigMap ${indexObjectName(fleet, 'routes')}`), 'routes');
  const endpoints = textIn(named.get(`ConfigMap ${indexObjectName(fleet, 'endpoints')}`), 'endpoints');
  const secret = named.get(`Secret ${indexObjectName(fleet, 'secrets')}`);
  const encoded = fieldIn(secret, 'data', indexKey('secrets'));
  const secretsText = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
  return {
    indexes: {
      ...(routes === undefined ? {} : { routes }),
      ...(endpoints === undefined ? {} : { endpoints }),
      ...(secretsText === undefined ? {} : { secrets: secretsText }),
    },
    parts: objects.flatMap((object) => storedPart(fleet, object) ?? []),
  };
}

function textIn(object: KubeObject | undefined, kind: DocumentKind): string | undefined {
  return fieldIn(object, 'data', indexKey(kind));
}

function storedPart(fleet: string, object: KubeObject): StoredPart | undefined {
  const [, kind, name, slot] = /^(routes|endpoints)-([0-9a-f])-([ab])$/.exec(afterPrefix(fleet, object)) ?? [];
  if ((kind !== 'routes' && kind !== 'endpoints') || name === undefined || (slot !== 'a' && slot !== 'b')) {
    return undefined;
  }
  const gzip = fieldIn(object, 'binaryData', partKey(kind, name, slot, 'gzip'));
  if (gzip !== undefined) return { kind, name, slot, encoding: 'gzip', content: Buffer.from(gzip, 'base64') };
  const text = fieldIn(object, 'data', partKey(kind, name, slot));
  return { kind, name, slot, content: Buffer.from(text ?? '') };
}

function afterPrefix(fleet: string, { kind, metadata }: KubeObject): string {
  const { name } = metadata;
  return kind === 'ConfigMap' && name.startsWith(`${fleet}-`) ? name.slice(fleet.length + 1) : '';
}

function fieldIn(object: KubeObject | undefined, map: string, key: string): string | undefined {
  const fields = object?.[map];
  const value: unknown = typeof fields === 'object' && fields !== null ? Reflect.get(fields, key) : undefined;
  return typeof value === 'string' ? value : undefined;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
