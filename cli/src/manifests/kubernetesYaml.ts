import type { DocumentOptions, SchemaOptions, Tags } from 'yaml';

/**
 * YAML as `kubectl` reads it, so that what works here works there: version 1.1, where `off` is false and `<<` merges, but for what
 * its parser leaves as text: times, and numbers to the base of 60.
 */
export const kubernetesYaml: DocumentOptions & SchemaOptions = {
  version: '1.1',
  customTags: (tags: Tags): Tags => tags.filter((tag) => typeof tag === 'string' || !isText(tag)),
};

function isText({ tag, format }: { readonly tag: string; readonly format?: string }): boolean {
  return tag === 'tag:yaml.org,2002:timestamp' || format === 'TIME';
}
