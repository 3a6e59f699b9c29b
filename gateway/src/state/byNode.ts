/** The part of a key that decides its node (Redis Cluster specification, hash tags); all of it without braces. */
function tagOf(key: string): string {
  const open = key.indexOf('{');
  const close = open < 0 ? -1 : key.indexOf('}', open + 1);
  return close > open + 1 ? key.slice(open + 1, close) : key;
}

/** Does `work` once for the charges of each tag, all at the same time, and returns what it gave in the order of `charges`. */
export async function byNode<C extends { readonly key: string }, R>(
  charges: readonly C[],
  work: (together: readonly C[]) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  const groups = [...Map.groupBy(charges.keys(), (at) => tagOf(charges[at]?.key ?? '')).values()];
  const results: R[] = new Array(charges.length);
  await Promise.all(
    groups.map(async (positions) => {
      const done = await work(positions.flatMap((at) => charges[at] ?? []));
      for (const [index, at] of positions.entries()) results[at] = done[index] as R;
    }),
  );
  return results;
}
