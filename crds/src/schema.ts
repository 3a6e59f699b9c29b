import { parseDuration } from '@evergate/contract/duration';
import { z } from 'zod';

/*
 * The few words the kinds' schemas are written in. Everything is bounded here, and every rule between fields is stated once, for
 * this process and for the API server. What JSON Schema has no word for travels as metadata, which `structural.ts` finds in place.
 */

/** What Kubernetes calls a qualified name: a name of at most 63 characters, perhaps after a DNS name and a slash. */
export const qualifiedName: RegExp =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*[/])?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** A parsed object is never changed: the same value is read by many. */
export type DeepReadonly<T> = T extends (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** A rule that JSON Schema cannot say. Both forms must agree; the tables in `test/objects` hold them to it. */
export interface FieldRule<T> {
  /** For the API server: a CEL expression over `self`. */
  readonly cel: string;
  /** For this process. Called only with a value whose shape is right. */
  readonly holds: (value: T) => boolean;
  /** What would be accepted, so that the reader knows what to change. */
  readonly message: string;
}

/** Adds rules to a schema; once a schema, as metadata of a later call would replace the first. */
export function withRules<S extends z.ZodType>(schema: S, ...rules: readonly FieldRule<z.output<S>>[]): S {
  const checked = schema.check((context) => {
    for (const { holds, message } of rules) {
      if (!holds(context.value)) context.issues.push({ code: 'custom', input: context.value, message });
    }
  });
  return checked.meta({ 'x-kubernetes-validations': rules.map(({ cel, message }) => ({ rule: cel, message })) });
}

/** CEL: the field is the same in `a` and `b`, or in neither. A reserved word is written `__namespace__`. */
export function sameOptional(field: string): string {
  return `has(a.${field}) == has(b.${field}) && (!has(a.${field}) || a.${field} == b.${field})`;
}

/** Text of 1 to `max` characters. */
export function text(max: number): z.ZodString {
  return z.string().min(1).max(max);
}

/** Text of at most `max` characters that matches. `accepts` says in words what does: it completes "expected ...". */
export function patternText(options: { max: number; pattern: RegExp; accepts: string }): z.ZodString {
  const { max, pattern, accepts } = options;
  return z
    .string()
    .max(max)
    .regex(pattern, { error: `expected ${accepts}` })
    .meta({ accepts });
}

/** A whole number from `min` to `max`, at most 2^53 - 1. */
export function integer(min: number, max: number): z.ZodNumber {
  return z.number().int().min(min).max(max);
}

/** A Gateway API duration (GEP-2257) from `min` to `max`. */
export function duration(min: string, max: string): z.ZodString {
  const minMs = parseDuration(min) ?? 0;
  const maxMs = parseDuration(max) ?? 0;
  const shape = patternText({
    max: 32,
    pattern: /^([0-9]{1,5}(h|m|s|ms)){1,4}$/,
    accepts: 'a duration of h, m, s and ms, such as 1m30s or 250ms',
  });
  return withRules(shape, {
    cel: `duration(self) >= duration('${min}') && duration(self) <= duration('${max}')`,
    holds: (value) => {
      const valueMs = parseDuration(value);
      return valueMs === undefined || (valueMs >= minMs && valueMs <= maxMs);
    },
    message: `must be a duration from ${min} to ${max}`,
  });
}

/** A list of at most `max`, empty when absent. */
export function list<E extends z.ZodType>(element: E, max: number) {
  return z.array(element).max(max);
}

/** A list whose elements differ in `keys`, each of them a required or defaulted field (`x-kubernetes-list-type: map`). */
export function listMap<E extends z.ZodType<object>>(
  element: E,
  keys: readonly (keyof z.output<E> & string)[],
  max: number,
) {
  const unique = z
    .array(element)
    .max(max)
    .check((context) => {
      for (const position of repeatedPositions(context.value, (entry) =>
        JSON.stringify(keys.map((key) => entry[key])),
      )) {
        const message = `expected another ${keys.join(' or ')}: an earlier entry of the list has the same`;
        context.issues.push({ code: 'custom', input: context.value[position], path: [position], message });
      }
    });
  return unique.meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys });
}

/** A list whose elements all differ (`x-kubernetes-list-type: set`). */
export function listSet<E extends z.ZodType<string>>(element: E, max: number) {
  const unique = z
    .array(element)
    .max(max)
    .check((context) => {
      for (const position of repeatedPositions(context.value, (entry) => entry)) {
        const message = 'expected another value: an earlier entry of the list is the same';
        context.issues.push({ code: 'custom', input: context.value[position], path: [position], message });
      }
    });
  return unique.meta({ 'x-kubernetes-list-type': 'set' });
}

/** A map of at most `max` entries whose keys are qualified names, as those of labels and annotations. */
export function qualifiedMap<V extends z.ZodType<string>>(value: V, max: number) {
  const shape = z.record(z.string(), value).check((context) => {
    if (Object.keys(context.value).length <= max) return;
    context.issues.push({ code: 'custom', input: context.value, message: `expected at most ${max} entries` });
  });
  return withRules(shape, {
    cel: 'self.all(key, !format.qualifiedName().validate(key).hasValue())',
    holds: (map) => Object.keys(map).every((key) => key.length <= 317 && qualifiedName.test(key)),
    message: 'keys must be names such as team or example.com/team',
  }).meta({ maxProperties: max });
}

function repeatedPositions<E>(entries: readonly E[], keyOf: (entry: E) => string): number[] {
  const seen = new Set<string>();
  return entries.flatMap((entry, position) => {
    const key = keyOf(entry);
    if (seen.has(key)) return [position];
    seen.add(key);
    return [];
  });
}
