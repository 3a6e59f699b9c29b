import type { Position } from './position.ts';

/** error: not served as written. warning: served, and probably not what was meant. note: nothing to do. */
export type Severity = 'error' | 'warning' | 'note';

/** What was found at one place of a text. */
export interface Finding extends Position {
  readonly severity: Severity;
  /** Which check found it, in one word for programs: `Syntax`, `Schema`, or the reason of a condition. */
  readonly check: string;
  /** Kind, namespace and name of the object it is about; absent where there is none. */
  readonly object?: string;
  /** The field, as `Problem.path` writes it; empty for the whole. */
  readonly path: string;
  /** What was found and what would be accepted, in one sentence without a full stop. */
  readonly message: string;
}

/** A finding and the file it is in. Of no file in particular: the path is empty. */
export interface FileFinding extends Finding {
  readonly file: string;
}

/** `shop/orders.yaml:3:5: error: GatewayRoute shop/orders: spec.hostnames: found ...` */
export function formatFinding(finding: FileFinding): string {
  const { file, line, column, severity, object, path, message } = finding;
  const place = file === '' ? '' : `${file}:${line}:${column}: `;
  const subject = [object, path === '' ? undefined : path].filter((part) => part !== undefined);
  return [`${place}${severity}`, ...subject, message].join(': ');
}
