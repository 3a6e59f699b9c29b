import { RE2JS } from 're2js';

/**
 * A regular expression in RE2 syntax that must match a whole text, in time linear in the text: users' patterns cannot stall
 * the gateway, as they would with backtracking.
 *
 * The program is made again at the first match (about 35 us) instead of being kept from the check of the syntax: it takes 10
 * to 20 KB with its automaton, and of a table's thousands of patterns few see traffic.
 */
export class Pattern {
  readonly source: string;
  /** Every text that matches begins with this. */
  readonly literalPrefix: string;
  #program: RE2JS | undefined;

  /** Throws an Error that says what is wrong where `source` is no RE2 expression. */
  constructor(source: string) {
    this.source = source;
    this.literalPrefix = compile(source).re2().prefix;
  }

  matches(text: string): boolean {
    this.#program ??= compile(this.source);
    return this.#program.testExact(text);
  }
}

/** A leading `^` says nothing where the whole text must match, but would hide the literal prefix. */
function compile(source: string): RE2JS {
  return RE2JS.compile(source.startsWith('^/') ? source.slice(1) : source);
}
