import type { RandomHex } from './randomHex.ts';

/* W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context-1/), reading headers of later versions as it asks. */

/** Version, trace id, parent id, flags; what a later version adds comes after one more dash. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const TRACE_AT = 3;
const PARENT_AT = 36;
const FLAGS_AT = 53;
const VERSION_00_CHARACTERS = 55;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

const SAMPLED = 0x01;
/** Level 2: the trace id is random; to be passed on as it came. */
const RANDOM_ID = 0x02;

const MAX_STATE_CHARACTERS = 512;
const MAX_STATE_MEMBERS = 32;
const STATE_MEMBER =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

/** A request's place in a trace. */
export interface TraceContext {
  /** 32 digits. */
  readonly traceId: string;
  /** The caller's span; undefined where the trace begins here. */
  readonly parentId: string | undefined;
  /** Our span, which the backend takes for its parent: 16 digits. */
  readonly spanId: string;
  readonly flags: number;
  /** To be passed on as it came; undefined without any. */
  readonly state: string | undefined;
}

/**
 * Continues the caller's trace, or begins one where `traceparent` is absent or invalid. `tracestate` (several fields joined by
 * commas) is kept only with a valid `traceparent`, and only when it is itself valid and has at most 512 characters.
 * A trace that begins here is not marked as sampled: nothing was recorded for it.
 */
export function startTrace(
  random: RandomHex,
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext {
  if (traceparent === undefined || !isTraceparent(traceparent)) return beginTrace(random);
  return {
    traceId: traceparent.slice(TRACE_AT, PARENT_AT - 1),
    parentId: traceparent.slice(PARENT_AT, FLAGS_AT - 1),
    spanId: random.draw(8),
    flags: Number.parseInt(traceparent.slice(FLAGS_AT, FLAGS_AT + 2), 16) & (SAMPLED | RANDOM_ID),
    state: tracestate !== undefined && isTracestate(tracestate) ? tracestate : undefined,
  };
}

/** The `traceparent` for the backend. */
export function formatTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-0${flags}`;
}

function beginTrace(random: RandomHex): TraceContext {
  const digits = random.draw(24);
  return { traceId: digits.slice(16), parentId: undefined, spanId: digits.slice(0, 16), flags: 0, state: undefined };
}

function isTraceparent(text: string): boolean {
  if (!TRACEPARENT.test(text) || text.startsWith('ff')) return false;
  if (text.startsWith('00') && text.length > VERSION_00_CHARACTERS) return false;
  return !text.startsWith(NO_TRACE, TRACE_AT) && !text.startsWith(NO_SPAN, PARENT_AT);
}

function isTracestate(text: string): boolean {
  if (text.length > MAX_STATE_CHARACTERS) return false;
  const members = text.split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''));
  const keys = new Set<string>();
  for (const member of members) {
    if (member === '') continue;
    if (!STATE_MEMBER.test(member)) return false;
    keys.add(member.slice(0, member.indexOf('=')));
  }
  const filled = members.filter((member) => member !== '').length;
  return filled > 0 && filled <= MAX_STATE_MEMBERS && keys.size === filled;
}
