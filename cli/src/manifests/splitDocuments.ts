/** One YAML document's text, or that of several where they cannot be told apart without parsing. */
export interface DocumentText {
  readonly text: string;
  /** How many lines of the file stand before it. */
  readonly linesBefore: number;
}

/** A line that begins so never belongs to a scalar (YAML 1.2.2, rule 206 `c-forbidden`). */
const DOCUMENT_START = /(?<=^|\n)---(?=[ \t\r\n]|$)/g;
/** A directive belongs to the document after it, an end marker to the one before: rare, so such files stay whole. */
const DIRECTIVE_OR_END = /(?:^|\n)(?:%|\.\.\.(?=[ \t\r\n]|$))/;

/**
 * Cuts a file's text into its YAML documents without parsing it, so that of a long file only the documents that changed have to
 * be parsed. Joined, the texts are the file's.
 */
export function splitDocuments(text: string): readonly DocumentText[] {
  if (DIRECTIVE_OR_END.test(text)) return [{ text, linesBefore: 0 }];
  const starts = [...text.matchAll(DOCUMENT_START)].map(({ index }) => index);
  if (starts[0] !== 0) starts.unshift(0);
  const documents: DocumentText[] = [];
  let linesBefore = 0;
  for (const [i, start] of starts.entries()) {
    const document = text.slice(start, starts[i + 1]);
    documents.push({ text: document, linesBefore });
    linesBefore += countLineBreaks(document);
  }
  return documents;
}

function countLineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
