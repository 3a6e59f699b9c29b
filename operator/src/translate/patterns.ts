import { RE2JS, RE2JSException } from 're2js';

/** The most instructions that a compiled expression may have: what one costs a gateway in memory, and each request in time. */
const maxProgramSize = 5_000;

/** Tells what is wrong with a user's regular expression; undefined where it is fit to serve. */
export type PatternCheck = (pattern: string) => string | undefined;

/**
 * Checks expressions by compiling them, as gateways will: RE2 syntax by re2js, whose time is linear in the text. An expression that
 * occurs twice is compiled once.
 */
export function patternCheck(): PatternCheck {
  const checked = new Map<string, string | undefined>();
  return (pattern) => {
    if (!checked.has(pattern)) checked.set(pattern, checkPattern(pattern));
    return checked.get(pattern);
  };
}

function checkPattern(pattern: string): string | undefined {
  const quoted = `the regular expression ${JSON.stringify(pattern)}`;
  try {
    const size = RE2JS.compile(pattern).programSize();
    if (size <= maxProgramSize) return undefined;
    return `${quoted} compiles to ${size} instructions, at most ${maxProgramSize} are allowed; repeat less, or match in the backend`;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return `${quoted} is not valid in RE2 syntax (${error.message.replace('error parsing regexp: ', '')}); RE2 has no look-around and no back-references`;
  }
}
