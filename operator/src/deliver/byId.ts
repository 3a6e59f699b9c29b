const indexes = new WeakMap<object, ReadonlyMap<string, unknown>>();

/** The elements of a list by their ids; made once a list, which must never change afterwards. */
export function byId<T extends { readonly id: string }>(list: readonly T[]): ReadonlyMap<string, T> {
  const known = indexes.get(list);
  if (known !== undefined) return known as ReadonlyMap<string, T>;
  const index = new Map<string, T>();
  for (const one of list) index.set(one.id, one);
  indexes.set(list, index);
  return index;
}
