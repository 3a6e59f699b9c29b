import { fieldOf } from './fields.ts';

const secretsOfObjects = new WeakMap<object, readonly string[]>();

/**
 * The Secrets, `<namespace>/<name>`, that a route or a fleet names: those of its own namespace, wherever in its spec. Read from the object
 * as it is written, valid or not: what is missed here would go unseen. Looked for once an object, which must not change afterwards.
 */
export function secretsNamedBy(object: {
  readonly metadata: { readonly namespace?: string | undefined };
  readonly spec?: unknown;
}): readonly string[] {
  const known = secretsOfObjects.get(object);
  if (known !== undefined) return known;
  const found = new Set<string>();
  collect(object.spec, object.metadata.namespace ?? 'default', found, 0);
  const secrets = [...found];
  secretsOfObjects.set(object, secrets);
  return secrets;
}

function collect(value: unknown, namespace: string, found: Set<string>, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > 16) return;
  for (const [field, inner] of Object.entries(value)) {
    if (field === 'secretRef' || field === 'secretRefs') {
      for (const ref of [inner].flat()) {
        const name = fieldOf(ref, 'name');
        if (typeof name === 'string') found.add(`${namespace}/${name}`);
      }
    }
    collect(inner, namespace, found, depth + 1);
  }
}
