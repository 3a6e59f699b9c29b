import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { splitDocuments } from '../../src/manifests/splitDocuments.ts';

describe('splitDocuments', () => {
  test('cuts at the markers and counts the lines before each document', () => {
    expect(splitDocuments('a: 1\n---\nb: 2\n--- # c\nc: 3\n')).toEqual([
      { text: 'a: 1\n', linesBefore: 0 },
      { text: '---\nb: 2\n', linesBefore: 1 },
      { text: '--- # c\nc: 3\n', linesBefore: 3 },
    ]);
  });

  test('takes a marker only at the start of a line and as a word', () => {
    expect(splitDocuments('a: |\n  ---\n---x: 1\n')).toHaveLength(1);
  });

  test('leaves a file with directives or end markers whole', () => {
    expect(splitDocuments('%YAML 1.2\n---\na: 1\n---\nb: 2\n')).toHaveLength(1);
    expect(splitDocuments('a: 1\n...\n---\nb: 2\n')).toHaveLength(1);
  });

  test('gives documents that parse to what the whole file parses to', () => {
    const line = fc.constantFrom('a: 1', 'b: |', '  text', '---', '--- # x', '# x', '', 'c: "q"', '  ---', '---d: 1');
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), (lines, end) => {
        const text = lines.join(end);
        const pieces = splitDocuments(text);
        expect(pieces.map((piece) => piece.text).join('')).toBe(text);
        expect(pieces.flatMap((piece) => valuesOf(piece.text))).toEqual(valuesOf(text));
      }),
    );
  });
});

/** Documents that say nothing are left out: a piece of comments alone is one, and may be none within a file. */
function valuesOf(text: string): unknown[] {
  const documents = parseAllDocuments(text);
  if ('empty' in documents) return [];
  return documents
    .map((document) => (document.errors.length > 0 ? 'broken' : (document.toJS() as unknown)))
    .filter((value) => value !== null);
}
