import { z } from 'zod';

type Schema = z.core.$ZodType;

/** The names of the fields that `schema` knows at `path` of `value`; none where it expects no object. */
export function fieldsAt(schema: Schema, path: readonly PropertyKey[], value: unknown): readonly string[] {
  let at: Schema | undefined = resolve(schema, value);
  let there = value;
  for (const step of path) {
    there = property(there, step);
    at = resolve(child(at, step), there);
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function child(schema: Schema | undefined, step: PropertyKey): Schema | undefined {
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodObject ? schema.shape[String(step)] : undefined;
}

/** Looks through what wraps a schema (optional, default, ...) and picks the variant of a union that `value` names. */
function resolve(schema: Schema | undefined, value: unknown): Schema | undefined {
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = schema.def;
    const tag = property(value, discriminator);
    return schema.options.find((option) =>
      child(option, discriminator)?._zod.values?.has(tag as z.core.util.Primitive),
    );
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return resolve(schema.def.innerType, value);
  }
  return schema;
}

function property(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return Reflect.get(value, key);
}
