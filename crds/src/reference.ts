import { type CustomResource, objectSchema } from './customResource.ts';
import { apiVersion } from './objectMeta.ts';
import type { StructuralSchema, Validation } from './structural.ts';

/** Writes the field reference of a kind as Markdown: a table for each object of the schema, its rules below. */
export function referencePage(resource: CustomResource): string {
  const { spec, status } = objectSchema(resource).properties ?? {};
  const rules = (resource.rules ?? []).map(({ message }) => `- ${message}`);
  const sections = [...sectionsOf('spec', spec ?? {}), ...sectionsOf('status', status ?? {})];
  return [
    `# ${resource.kind}`,
    resource.summary,
    `\`apiVersion: ${apiVersion}\`, namespaced, short name \`${resource.shortName}\`. A field that is not listed here is refused. Generated from the schema by \`make generate\`.`,
    ...(rules.length > 0 ? [rules.join('\n')] : []),
    ...sections,
  ]
    .join('\n\n')
    .concat('\n');
}

function sectionsOf(path: string, schema: StructuralSchema): string[] {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return [];
  const rows = fields.map(([name, field]) => row(name, field, schema.required?.includes(name) ?? false));
  const table = ['| Field | Type | Default | Meaning |', '|---|---|---|---|', ...rows].join('\n');
  const rules = validationsBelow(schema).map(({ message }) => `- ${message}`);
  return [
    `## ${path}`,
    table,
    ...(rules.length > 0 ? [rules.join('\n')] : []),
    ...fields.flatMap(([name, field]) =>
      sectionsOf(`${path}.${name}${field.items === undefined ? '' : '[]'}`, field.items ?? field),
    ),
  ];
}

/** Rules of an object, and those of its lists and plain values, which have no table of their own. */
function validationsBelow(schema: StructuralSchema): readonly Validation[] {
  const ofFields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const own = field.properties === undefined ? (field['x-kubernetes-validations'] ?? []) : [];
    const ofItems = field.items?.properties === undefined ? (field.items?.['x-kubernetes-validations'] ?? []) : [];
    return [...own, ...ofItems].map(({ rule, message }) => ({ rule, message: `\`${name}\`: ${message}` }));
  });
  return [...(schema['x-kubernetes-validations'] ?? []), ...ofFields];
}

function row(name: string, field: StructuralSchema, required: boolean): string {
  const fallback = required ? 'required' : defaultText(field.default);
  return `| \`${name}\` | ${cell(typeText(field))} | ${cell(fallback)} | ${cell(field.description ?? '')} |`;
}

function defaultText(value: unknown): string {
  if (value === undefined || isEmptyObject(value)) return '';
  return `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function typeText(field: StructuralSchema): string {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${value}\``).join(', ');
  if (field['x-kubernetes-int-or-string'] === true) return 'quantity';
  if (field.items !== undefined)
    return `list of ${range(field.minItems, field.maxItems)}: ${typeText(field.items)}${distinct(field)}`;
  if (field.type === 'string') return `text of ${range(field.minLength, field.maxLength)}`;
  if (field.type === 'integer' || field.type === 'number')
    return `${field.type}, ${range(field.minimum, field.maximum)}`;
  if (field.additionalProperties !== undefined)
    return `map of at most ${field.maxProperties}: ${typeText(field.additionalProperties)}`;
  return field.type ?? '';
}

function distinct(field: StructuralSchema): string {
  const keys = field['x-kubernetes-list-map-keys'];
  if (keys !== undefined) return `, no two with the same ${keys.map((key) => `\`${key}\``).join(' and ')}`;
  return field['x-kubernetes-list-type'] === 'set' ? ', all different' : '';
}

function range(from: number | undefined, to: number | undefined): string {
  if (to === Number.MAX_SAFE_INTEGER) return `${from} or more`;
  return from === undefined ? `at most ${to}` : `${from} to ${to}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
