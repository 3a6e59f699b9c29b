import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { customResources, objectSchema } from '../src/customResource.ts';
import { listMap, text } from '../src/schema.ts';
import { type StructuralSchema, structuralSchema } from '../src/structural.ts';

interface Node {
  readonly path: string;
  readonly schema: StructuralSchema;
}

function nodesBelow({ path, schema }: Node): readonly Node[] {
  const children: Node[] = Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    path: `${path}.${name}`,
    schema: field,
  }));
  if (schema.items !== undefined) children.push({ path: `${path}[]`, schema: schema.items });
  if (schema.additionalProperties !== undefined)
    children.push({ path: `${path}{}`, schema: schema.additionalProperties });
  return children.flatMap((child) => [child, ...nodesBelow(child)]);
}

/** Every node of the specs and statuses. */
const nodes = customResources.flatMap((resource) => {
  const { spec = {}, status = {} } = objectSchema(resource).properties ?? {};
  return [
    { path: `${resource.kind}.spec`, schema: spec },
    { path: `${resource.kind}.status`, schema: status },
  ].flatMap((root) => [root, ...nodesBelow(root)]);
});

function pathsWhere(holds: (schema: StructuralSchema) => boolean): readonly string[] {
  return nodes.filter(({ schema }) => holds(schema)).map(({ path }) => path);
}

describe('the schemas of our kinds', () => {
  test('are walked', () => {
    expect(nodes.length).toBeGreaterThan(150);
  });

  test('bound every list', () => {
    expect(pathsWhere(({ type, maxItems }) => type === 'array' && maxItems === undefined)).toEqual([]);
  });

  test('bound every text', () => {
    expect(
      pathsWhere((schema) => schema.type === 'string' && schema.maxLength === undefined && schema.enum === undefined),
    ).toEqual([]);
  });

  test('bound every map', () => {
    expect(
      pathsWhere((schema) => schema.additionalProperties !== undefined && schema.maxProperties === undefined),
    ).toEqual([]);
  });

  test('bound every number', () => {
    const isNumber = ({ type, enum: values }: StructuralSchema) =>
      (type === 'integer' || type === 'number') && values === undefined;
    expect(
      pathsWhere((schema) => isNumber(schema) && (schema.minimum === undefined || schema.maximum === undefined)),
    ).toEqual([]);
  });

  test('describe every field', () => {
    const undescribed = nodes.filter(
      ({ path, schema }) => !/(\[\]|\{\})$/.test(path) && !schema.description?.endsWith('.'),
    );
    expect(undescribed.map(({ path }) => path)).toEqual([]);
  });

  test('have no type that is unsaid', () => {
    expect(pathsWhere((schema) => schema.type === undefined && schema['x-kubernetes-int-or-string'] !== true)).toEqual(
      [],
    );
  });

  test('key lists by fields that are always there', () => {
    const loose = pathsWhere(({ items, 'x-kubernetes-list-map-keys': keys = [] }) =>
      keys.some((key) => !items?.required?.includes(key) && items?.properties?.[key]?.default === undefined),
    );
    expect(loose).toEqual([]);
  });

  test('say in every rule what to do, within what the API server takes', () => {
    const messages = nodes
      .flatMap(({ schema }) => schema['x-kubernetes-validations'] ?? [])
      .map(({ message }) => message);
    expect(
      messages.filter(
        (message) => message.length > 2048 || /[\n\r]/.test(message) || !/must|needs|not both|have no/.test(message),
      ),
    ).toEqual([]);
  });
});

describe('the conversion', () => {
  test('makes one object of a union, with a rule for each variant', () => {
    const union = z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('Cat'), cat: text(9).describe('Meows.') }),
      z.strictObject({ type: z.literal('Dog'), dog: text(9).describe('Barks.') }),
    ]);
    expect(structuralSchema(union)).toEqual({
      type: 'object',
      required: ['type'],
      properties: {
        type: { type: 'string', enum: ['Cat', 'Dog'], description: 'Cat: Meows. Dog: Barks.' },
        cat: { type: 'string', minLength: 1, maxLength: 9, description: 'Meows.' },
        dog: { type: 'string', minLength: 1, maxLength: 9, description: 'Barks.' },
      },
      'x-kubernetes-validations': [
        {
          rule: "self.type == 'Cat' ? has(self.cat) : !has(self.cat)",
          message: 'cat is required when type is Cat, and must not be set otherwise',
        },
        {
          rule: "self.type == 'Dog' ? has(self.dog) : !has(self.dog)",
          message: 'dog is required when type is Dog, and must not be set otherwise',
        },
      ],
    });
  });

  test('refuses alternatives that a structural schema cannot say', () => {
    expect(() => structuralSchema(z.union([z.string(), z.array(z.string())]))).toThrow('has no anyOf');
  });

  test('refuses a union whose variants carry more than one field', () => {
    const union = z.discriminatedUnion('type', [z.strictObject({ type: z.literal('A'), a: text(1), b: text(1) })]);
    expect(() => structuralSchema(union)).toThrow('one required field');
  });

  test('keeps a default that brings defaults, and leaves out one that says nothing', () => {
    const withDefault = z.strictObject({ a: text(1).default('x') });
    const without = z.strictObject({ b: text(1).optional() });
    const schema = structuralSchema(z.strictObject({ one: withDefault.prefault({}), two: without.prefault({}) }));
    expect(schema.properties).toMatchObject({
      one: { default: {} },
      two: expect.not.objectContaining({ default: {} }),
    });
  });

  test('keeps what only Kubernetes knows', () => {
    const entry = z.strictObject({ name: text(9) });
    expect(structuralSchema(listMap(entry, ['name'], 4))).toMatchObject({
      maxItems: 4,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    });
  });
});
