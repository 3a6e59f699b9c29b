/** error: someone must act; warn; info: a state changed; debug. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a line says besides its message; nothing secret, nothing unbounded. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The process's own log: JSON lines of a constant message and fields. */
export type Logger = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

export interface LogOptions {
  /** The least grave level that is written. */
  readonly level: LogLevel;
  /** Takes a line without its line feed; must neither wait nor throw. */
  readonly write: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const MAX_LINE_CHARACTERS = 8_192;

/** Makes a logger. Lines of more than 8,192 characters lose their fields, so that a line is always valid JSON. */
export function createLog({ level, write, now }: LogOptions): Logger {
  const gravest = logLevels.indexOf(level);
  const writerOf = (of: LogLevel) => {
    if (logLevels.indexOf(of) > gravest) return () => {};
    return (message: string, fields: LogFields = {}) => write(formatLine(of, now(), message, fields));
  };
  return { error: writerOf('error'), warn: writerOf('warn'), info: writerOf('info'), debug: writerOf('debug') };
}

function formatLine(level: LogLevel, nowMs: number, msg: string, fields: LogFields): string {
  const head = { time: new Date(nowMs).toISOString(), level, msg };
  const line = stringify({ ...head, ...fields, ...head });
  if (line !== undefined && line.length <= MAX_LINE_CHARACTERS) return line;
  return JSON.stringify({ ...head, msg: msg.slice(0, 1_024), cut: true });
}

/** A field that cannot be written (a cycle, a BigInt) must not take the line with it. */
function stringify(value: LogFields): string | undefined {
  try {
    return JSON.stringify(value, (_, field: unknown) => (field instanceof Error ? describeError(field) : field));
  } catch {
    return undefined;
  }
}

function describeError(error: Error): string {
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${describeError(cause)}` : error.message;
}
