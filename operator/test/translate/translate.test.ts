import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { describeTranslation, golden, translateCase } from './golden.ts';

const folder = new URL('golden/', import.meta.url);
const cases = readdirSync(folder).flatMap((file) => (file.endsWith('.in.yaml') ? [file.slice(0, -8)] : []));

describe('translate', () => {
  test.each(cases)('gives the golden table and statuses for %s', (name) => {
    const translation = translateCase(readFileSync(new URL(`${name}.in.yaml`, folder), 'utf8'));
    const actual = describeTranslation(translation);
    expect(actual).toBe(golden(new URL(`${name}.out.yaml`, folder), actual));
  });
});
