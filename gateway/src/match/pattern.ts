import { RE2JS } from 're2js';

/**
 * How many programs are kept at once. One takes 10 to 20 KB with its automaton and 35 us to make again, so a table of 10,000
 * patterns must not hold them all, and a client that visits every one of them costs little.
 */
const MAX_PROGRAMS = 1024;

/** Patterns that hold their program, oldest first. */
const holders = new Set<Pattern>();

/**
 * A regular expression in RE2 syntax that must match a whole text, in time linear in the text: users' patterns cannot stall
 * the gateway, as they would with backtracking.
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
    this.#program ??= this.#load();
    return this.#program.testExact(text);
  }

  #load(): RE2JS {
    holders.add(this);
    if (holders.size > MAX_PROGRAMS) {
      const [oldest] = holders;
      oldest?.#release();
    }
    return compile(this.source);
  }

  #release(): void {
    holders.delete(this);
    this.#program = undefined;
  }
}

/** A leading `^` says nothing where the whole text must match, but would hide the literal prefix. */
function compile(source: string): RE2JS {
  return RE2JS.compile(source.startsWith('^/') ? source.slice(1) : source);
}
