import { isDeepStrictEqual } from 'node:util';
import { type KubeObject, type ObjectRef, objectKey } from './kubeObject.ts';
import type { ReflectorListener } from './listener.ts';

/** One change. `old` is absent for what is new, `new` for what is gone. */
export interface StoreChange<T extends KubeObject> {
  readonly key: string;
  readonly old: T | undefined;
  readonly new: T | undefined;
}

/** Under which words an object can be found, beside its key. */
export type IndexFunction<T extends KubeObject> = (object: T) => readonly string[];

export interface StoreOptions<T extends KubeObject> {
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** What is kept of an object, to save memory. `managedFields` never are. */
  readonly trim?: (object: KubeObject) => T;
  /** Top-level fields that do not count as a change, as `['status']` where nobody reads it. The new object is kept all the same. */
  readonly ignore?: readonly string[];
  /** Hears of each change, once it is in the store and its indexes. */
  readonly onChange?: (change: StoreChange<T>) => void;
}

/** The objects of one kind, by namespace and name and by indexes. To put what is there already is nothing. Feeds on a Reflector. */
export class Store<T extends KubeObject = KubeObject> implements ReflectorListener {
  readonly #objects = new Map<string, T>();
  readonly #indexes: ReadonlyMap<string, Index<T>>;
  readonly #options: StoreOptions<T>;
  readonly #listeners = new Set<(change: StoreChange<T>) => void>();

  constructor(options: StoreOptions<T> = {}) {
    this.#options = options;
    const indexes = Object.entries(options.indexes ?? {});
    this.#indexes = new Map(indexes.map(([name, wordsOf]) => [name, { wordsOf, keys: new Map() }]));
    if (options.onChange !== undefined) this.#listeners.add(options.onChange);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(ref: ObjectRef | string): T | undefined {
    return this.#objects.get(typeof ref === 'string' ? ref : objectKey(ref));
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  /** Those that the index has under this word. Throws where there is no such index. */
  byIndex(index: string, word: string): readonly T[] {
    const keys = this.#index(index).keys.get(word) ?? [];
    return [...keys].flatMap((key) => this.#objects.get(key) ?? []);
  }

  /** All words of an index that have objects. */
  wordsOf(index: string): IterableIterator<string> {
    return this.#index(index).keys.keys();
  }

  /** Returns what ends it. A listener that throws leaves the store as it is; the error goes on to who changed the store. */
  subscribe(listener: (change: StoreChange<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onReplace(objects: readonly KubeObject[]): void {
    const kept = new Set<string>();
    const changes: StoreChange<T>[] = [];
    for (const object of objects) {
      const key = objectKey(object.metadata);
      kept.add(key);
      changes.push(...this.#put(key, object));
    }
    for (const key of [...this.#objects.keys()]) if (!kept.has(key)) changes.push(...this.#remove(key));
    this.#tell(changes);
  }

  onApply(object: KubeObject): void {
    this.#tell(this.#put(objectKey(object.metadata), object));
  }

  onDelete(object: KubeObject): void {
    this.#tell(this.#remove(objectKey(object.metadata)));
  }

  #put(key: string, object: KubeObject): readonly StoreChange<T>[] {
    const old = this.#objects.get(key);
    if (old !== undefined && isSameVersion(old, object)) return [];
    const kept = this.#trimmed(object);
    this.#objects.set(key, kept);
    if (old !== undefined && isDeepStrictEqual(this.#compared(old), this.#compared(kept))) return [];
    for (const index of this.#indexes.values()) reindex(index, key, old, kept);
    return [{ key, old, new: kept }];
  }

  #remove(key: string): readonly StoreChange<T>[] {
    const old = this.#objects.get(key);
    if (old === undefined) return [];
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) reindex(index, key, old, undefined);
    return [{ key, old, new: undefined }];
  }

  /** Every change is told, even if a listener throws at one: the next must not be lost with it. */
  #tell(changes: readonly StoreChange<T>[]): void {
    const errors: unknown[] = [];
    for (const change of changes) {
      for (const listener of this.#listeners) {
        try {
          listener(change);
        } catch (error) {
          errors.push(error);
        }
      }
    }
    if (errors.length > 0)
      throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'listeners of a store threw');
  }

  #trimmed(object: KubeObject): T {
    const { managedFields: _, ...metadata } = object.metadata;
    const slim = { ...object, metadata };
    return this.#options.trim?.(slim) ?? (slim as unknown as T);
  }

  #compared(object: T): unknown {
    const { resourceVersion: _, ...metadata } = object.metadata;
    const rest: Record<string, unknown> = { ...object, metadata };
    for (const field of this.#options.ignore ?? []) delete rest[field];
    return rest;
  }

  #index(name: string): Index<T> {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`the store has no index "${name}"`);
    return index;
  }
}

interface Index<T extends KubeObject> {
  readonly wordsOf: IndexFunction<T>;
  readonly keys: Map<string, Set<string>>;
}

/** An index by a label's value. */
export function byLabel(label: string): IndexFunction<KubeObject> {
  return ({ metadata }) => {
    const value = metadata.labels?.[label];
    return value === undefined ? [] : [value];
  };
}

function isSameVersion(old: KubeObject, object: KubeObject): boolean {
  const { resourceVersion, uid } = object.metadata;
  return resourceVersion !== undefined && old.metadata.resourceVersion === resourceVersion && old.metadata.uid === uid;
}

function reindex<T extends KubeObject>({ wordsOf, keys }: Index<T>, key: string, old?: T, now?: T): void {
  const [before, after] = [old, now].map((object) => new Set(object === undefined ? [] : wordsOf(object)));
  for (const word of before ?? []) if (after?.has(word) !== true) drop(keys, word, key);
  for (const word of after ?? []) {
    const under = keys.get(word);
    if (under === undefined) keys.set(word, new Set([key]));
    else under.add(key);
  }
}

function drop(keys: Map<string, Set<string>>, word: string, key: string): void {
  const under = keys.get(word);
  under?.delete(key);
  if (under?.size === 0) keys.delete(word);
}
