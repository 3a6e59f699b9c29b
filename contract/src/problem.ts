/** One thing wrong with an input: where it is and what would be accepted instead. */
export interface Problem {
  /** Dotted path from the document's root, array positions in brackets: `rules[3].matches[0].path.value`. Empty for the root. */
  readonly path: string;
  /** What was found and what would be accepted, in one sentence without a full stop. */
  readonly message: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly ignored: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Writes a path as `Problem.path` promises. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? String(step) : `.${String(step)}`;
  }
  return text;
}
