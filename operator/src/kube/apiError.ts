export interface ApiErrorOptions {
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** The API server's word, as `NotFound`; of ours: `Unreachable`, `Timeout`, `Fenced`, `TooLarge`, `BadAnswer`. */
  readonly reason: string;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  readonly details?: StatusDetails | undefined;
  readonly cause?: unknown;
}

/** What a `Status` of the API server says beyond its message. */
export interface StatusDetails {
  readonly name?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly retryAfterSeconds?: number;
  readonly causes?: readonly StatusCause[];
}

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  /** Path of the field, as `spec.rules[0]`. */
  readonly field?: string;
}

/** A call to the API server that did not succeed. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly reason: string;
  /** How long the API server asks to wait before another try. */
  readonly retryAfterMs: number | undefined;
  readonly details: StatusDetails | undefined;

  constructor({ status, reason, message, retryAfterMs, details, cause }: ApiErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
    this.details = details;
  }

  /** From an answer whose status is not 2xx: usually a `Status` object, from proxies anything. `retryAfter` is that header's value. */
  static fromAnswer(status: number, body: string, retryAfter?: string): ApiError {
    return ApiError.fromStatus(readJson(body), { status, body, retryAfter });
  }

  /** From a `Status` object, as a watch's ERROR carries one. */
  static fromStatus(
    value: unknown,
    answer: { status?: number; body?: string; retryAfter?: string | undefined } = {},
  ): ApiError {
    const { code, reason, message, details } = isStatus(value) ? value : ({} as Status);
    const status = answer.status ?? (typeof code === 'number' ? code : 500);
    return new ApiError({
      status,
      reason: reason ?? wellKnown[status] ?? 'Unknown',
      message: message ?? `status ${status}: ${(answer.body ?? '').slice(0, 200)}`,
      retryAfterMs: secondsToMs(answer.retryAfter) ?? secondsToMs(details?.retryAfterSeconds),
      details,
    });
  }
}

interface Status {
  readonly kind: 'Status';
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: StatusDetails;
}

const wellKnown: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Gone',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function isStatus(value: unknown): value is Status {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The API server sends seconds, never a date. 0 says nothing. */
function secondsToMs(seconds: string | number | undefined): number | undefined {
  const value = Number(seconds);
  return Number.isFinite(value) && value > 0 ? value * 1_000 : undefined;
}

function is(error: unknown, status: number, ...reasons: readonly string[]): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  return error.status === status && (reasons.length === 0 || reasons.includes(error.reason));
}

/** There is no such object, or no such kind. */
export function isNotFound(error: unknown): error is ApiError {
  return is(error, 404);
}

/** The object has changed since it was read, another owns a field, or it is not the object that was meant. */
export function isConflict(error: unknown): error is ApiError {
  return is(error, 409) && !isAlreadyExists(error);
}

export function isAlreadyExists(error: unknown): error is ApiError {
  return is(error, 409, 'AlreadyExists');
}

/** The resource version, or the page of a list, is older than what the API server remembers. */
export function isGone(error: unknown): error is ApiError {
  return is(error, 410);
}

/** The resource version is newer than any the API server has: its store went back in time. */
export function isFromTheFuture(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  return error.details?.causes?.some(({ reason }) => reason === 'ResourceVersionTooLarge') ?? false;
}

/** The object breaks a rule of its schema, or of an admission policy that says so. */
export function isInvalid(error: unknown): error is ApiError {
  return is(error, 422) || is(error, 400);
}

export function isForbidden(error: unknown): error is ApiError {
  return is(error, 403);
}

export function isUnauthorized(error: unknown): error is ApiError {
  return is(error, 401);
}

/** The API server sheds load; for an eviction: a budget forbids it now. */
export function isTooManyRequests(error: unknown): error is ApiError {
  return is(error, 429);
}

/** No answer came: the connection failed, or time was up. Whether a write was done is unknown. */
export function isUnreachable(error: unknown): error is ApiError {
  return is(error, 0, 'Unreachable', 'Timeout');
}

/** The write was not sent, because this process may no longer write. */
export function isFenced(error: unknown): error is ApiError {
  return is(error, 0, 'Fenced');
}
