import { z } from 'zod';

/*
 * From a zod schema to the structural OpenAPI v3 schema of a CustomResourceDefinition. zod writes JSON Schema; what the API server
 * takes of it is narrower: no `additionalProperties: false` beside `properties` (it prunes or refuses unknown fields by itself), and
 * no alternatives with shapes of their own, so a discriminated union becomes one object with every variant's field and a CEL rule
 * for each.
 */

export interface Validation {
  readonly rule: string;
  readonly message: string;
}

/** The part of OpenAPI v3 that our schemas use. */
export interface StructuralSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly items?: StructuralSchema;
  readonly additionalProperties?: StructuralSchema;
  readonly anyOf?: readonly StructuralSchema[];
  readonly 'x-kubernetes-int-or-string'?: true;
  readonly 'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly Validation[];
}

type Json = z.core.JSONSchema.BaseSchema;

/**
 * Converts what a user writes: fields with a default are optional. A default that says nothing is left out, so that stored objects
 * stay as short as they were written. Throws a TypeError on what a structural schema cannot say.
 */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', target: 'openapi-3.0', reused: 'inline' });
  return convert(json);
}

function convert(json: Json): StructuralSchema {
  if (json['x-kubernetes-int-or-string'] === true) return convertIntOrString(json);
  if (json.oneOf !== undefined) return convertUnion(json, json.oneOf);
  for (const unsupported of ['$ref', 'allOf', 'anyOf', 'not']) {
    if (unsupported in json) throw new TypeError(`a structural schema has no ${unsupported}: ${JSON.stringify(json)}`);
  }
  const { additionalProperties, properties, items, default: value, accepts: _, ...rest } = json;
  // zod's types allow more than it writes for our schemas: `true` for a schema, a list of types.
  const fields = properties === undefined ? undefined : convertEach(properties as Record<string, Json>);
  return {
    ...(rest as StructuralSchema),
    ...convertInteger(json),
    ...convertDescription(json),
    ...(value === undefined || saysNothing(value, fields) ? {} : { default: value }),
    ...(fields === undefined ? {} : { properties: fields }),
    ...(items === undefined ? {} : { items: convert(items as Json) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: convert(additionalProperties) } : {}),
  };
}

function convertEach(properties: Readonly<Record<string, Json>>): Record<string, StructuralSchema> {
  return Object.fromEntries(Object.entries(properties).map(([name, json]) => [name, convert(json)]));
}

/** An empty list, or an empty object whose fields have no defaults either. */
function saysNothing(value: unknown, fields: Readonly<Record<string, StructuralSchema>> = {}): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object' || value === null || Object.keys(value).length > 0) return false;
  return Object.values(fields).every((field) => field.default === undefined);
}

/** A pattern is for programs: what it accepts is said in words, too. */
function convertDescription({ description, accepts }: Json): StructuralSchema {
  if (typeof accepts !== 'string') return {};
  return { description: [description, `Accepts ${accepts}.`].filter((sentence) => sentence !== undefined).join(' ') };
}

/** Gives whole numbers the format that clients generated from the schema need. */
function convertInteger(json: Json): StructuralSchema {
  if (json.type === 'number' && json.enum?.every(Number.isInteger)) return { type: 'integer', format: 'int32' };
  if (json.type !== 'integer') return {};
  return { format: (json.maximum ?? Number.MAX_SAFE_INTEGER) < 2 ** 31 ? 'int32' : 'int64' };
}

/** Bounds of both alternatives stand side by side: each applies to values of its own type only. */
function convertIntOrString({ anyOf, ...rest }: Json): StructuralSchema {
  const bounds = (anyOf ?? []).map(({ type: _, ...bound }) => bound);
  const { anyOf: _, ...both } = convert(Object.assign({}, ...bounds, rest, { 'x-kubernetes-int-or-string': false }));
  return { ...both, 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] };
}

/** One object with the fields of all variants; CEL says which field goes with which value of the discriminator. */
function convertUnion({ oneOf: _, ...rest }: Json, oneOf: readonly Json[]): StructuralSchema {
  const variants = oneOf.map(readVariant);
  const [first] = variants;
  if (first === undefined || variants.some((variant) => variant.discriminator !== first.discriminator)) {
    throw new TypeError('the variants of a union need one discriminator');
  }
  const { discriminator } = first;
  const meaning = variants.map(({ tag, schema }) => `${tag}: ${schema.description ?? ''}`).join(' ');
  return {
    ...(rest as StructuralSchema),
    type: 'object',
    required: [discriminator],
    properties: {
      [discriminator]: { type: 'string', enum: variants.map(({ tag }) => tag), description: meaning },
      ...Object.fromEntries(variants.map(({ field, schema }) => [field, schema])),
    },
    'x-kubernetes-validations': variants.map(({ tag, field }) => ({
      rule: `self.${discriminator} == '${tag}' ? has(self.${field}) : !has(self.${field})`,
      message: `${field} is required when ${discriminator} is ${tag}, and must not be set otherwise`,
    })),
  };
}

interface Variant {
  readonly discriminator: string;
  readonly tag: string;
  readonly field: string;
  readonly schema: StructuralSchema;
}

/** A variant of ours is its discriminator and one required field, which no other variant has. */
function readVariant(json: Json): Variant {
  const properties = convertEach((json.properties ?? {}) as Record<string, Json>);
  const [[discriminator, { enum: tags }] = ['', {} as StructuralSchema], [field, schema] = ['', {}], ...others] =
    Object.entries(properties);
  if (tags?.length !== 1 || field === '' || others.length > 0 || json.required?.length !== 2) {
    throw new TypeError(`a variant of a union needs a discriminator and one required field: ${JSON.stringify(json)}`);
  }
  return { discriminator, tag: String(tags[0]), field, schema };
}
