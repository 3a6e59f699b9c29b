import type { ResolveBackend } from './backends.ts';
import type { SecretIndex } from './secrets.ts';
import type { Finding } from './verdict.ts';

/** What reading the policies of one object needs. */
export interface PolicyContext {
  /** Of the object that names Services and Secrets. */
  readonly namespace: string;
  readonly resolve: ResolveBackend;
  readonly secrets: SecretIndex;
  /** Hears of references that lead nowhere. `place` is below the object's `auth`. */
  readonly onUnresolved: (place: string, finding: Finding) => void;
}

/** Stands for a backend that could not be found: no backend has this id, so that who needs it fails as it says it does. */
export const unresolvedBackend = '/unresolved:0';
