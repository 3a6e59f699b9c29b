import { RE2JS, RE2JSException } from 're2js';

/** The most instructions that a compiled expression may have: what one costs a gateway in memory, and each request in time. */
const maxProgramSize = 5_000;

/** Tells what is wrong with a user's regular expression; undefined where it is fit to serve. */
export type PatternCheck = (pattern: string) => string | undefined;

/**
 * Checks expressions by compiling them, as gateways will: RE2 syntax by re2js, whose matching time is linear in the text. An
 * expression that occurs twice is compiled once.
 */
export function patternCheck(): PatternCheck {
  const checked = new Map<string, string | undefined>();
  return (pattern) => {
    if (!checked.has(pattern)) checked.set(pattern, checkPattern(pattern));
    return checked.get(pattern);
  };
}

function checkPattern(pattern: string): string | undefined {
  const shown = JSON.stringify(pattern.length <= 200 ? pattern : `${pattern.slice(0, 197)}...`);
  const quoted = `the regular expression ${shown}`;
  const tooLarge = `${quoted} compiles to more than ${maxProgramSize} instructions; repeat less, or decide in the backend`;
  // Some 4,000 characters can stand for a million instructions, which take a second and 300 MB to compile.
  if (estimateSize(pattern) > maxProgramSize) return tooLarge;
  try {
    return RE2JS.compile(pattern).programSize() > maxProgramSize ? tooLarge : undefined;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const reason = error.message.replace('error parsing regexp: ', '');
    return `${quoted} is not valid in RE2 syntax (${reason}); RE2 has no look-around and no back-references`;
  }
}

/** An escape with its braces, a class, a repetition with its largest count, a parenthesis, or any other character. */
const TOKEN = /\\[pPx]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|[()]|./gs;

/** Counts the characters and classes of an expression, each as often as the repetitions around it say. Linear in its length. */
function estimateSize(pattern: string): number {
  const outer: number[] = [];
  let size = 0;
  let last = 1;
  for (const [token, least, most] of pattern.matchAll(TOKEN)) {
    if (token === '(') {
      outer.push(size);
      size = 0;
    } else if (token === ')') {
      last = size;
      size += outer.pop() ?? 0;
    } else if (least !== undefined) {
      const repeated = last * Math.max(Number(least), Number(most ?? 0), 1);
      size += repeated - last;
      last = repeated;
    } else {
      last = 1;
      size += 1;
    }
  }
  return size;
}
