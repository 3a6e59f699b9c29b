import { apiVersion } from '../../src/objectMeta.ts';
import type { Kind } from '../../src/parse.ts';

/**
 * An object, and what becomes of it. The parse and an API server with our CustomResourceDefinitions must agree: both take it, or
 * both refuse it, with a message that says `message` at `path`.
 */
export interface ObjectCase {
  readonly what: string;
  readonly object: { readonly kind: Kind; readonly metadata: { readonly name: string } };
  /** Absent when the object is good. */
  readonly refused?: Refusal;
}

export interface Refusal {
  readonly path: string;
  readonly message: string;
  /** What the API server says where it has words of its own; else `message` at `path`. */
  readonly server?: string;
}

/** An object named `example` with this spec. */
export function objectOf(kind: Kind, spec: unknown): ObjectCase['object'] {
  return { apiVersion, kind, metadata: { name: 'example', namespace: 'default' }, spec } as ObjectCase['object'];
}

/** What a rule needs so that nothing else is wrong with it. */
export const backendRefs = [{ name: 'orders', port: 80 }];

/** A case of a GatewayRoute with this one rule. */
export function ruleCase(what: string, rule: object, refused?: Refusal): ObjectCase {
  return caseOf(what, objectOf('GatewayRoute', { rules: [rule] }), refused);
}

/** A good object, or one that is refused. */
export function caseOf(what: string, object: ObjectCase['object'], refused?: Refusal): ObjectCase {
  return refused === undefined ? { what, object } : { what, object, refused };
}
