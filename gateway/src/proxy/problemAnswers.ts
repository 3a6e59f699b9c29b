import type { ErrorSettings } from '@evergate/contract/errorSettings';
import type { LocalAnswer } from '../policy/policyRequest.ts';
import { type Accepts, namesType, qualityOf, readAccept } from './accept.ts';
import { type Reason, reasons } from './reasons.ts';

const PROBLEM = 'application/problem+json';
const TEXT = 'text/plain; charset=utf-8';

export interface Problem {
  readonly reason: Reason;
  readonly requestId: string;
  /** The client's `Accept`. */
  readonly accept: string | undefined;
  /** The client is a proxy that is believed. */
  readonly isTrusted: boolean;
}

/** What a problem of ours is answered. */
export type ProblemAnswers = (problem: Problem) => LocalAnswer & { readonly headers: string[] };

/**
 * Compiles how a fleet's problems are answered: by the first page of the fleet for the status, where the client names its type; else as
 * text, where the client would rather have that than JSON; else as RFC 9457 problem details, which anyone can read.
 */
export function compileProblemAnswers({ pages, reasonHeader }: ErrorSettings): ProblemAnswers {
  return (problem) => {
    const { reason, accept, isTrusted } = problem;
    const { status } = reasons[reason];
    const accepts = readAccept(accept);
    const page = pages.find(
      ({ statuses, contentType }) =>
        statuses.some(([from, to]) => status >= from && status <= to) && namesType(mediaType(contentType), accepts),
    );
    const content = page === undefined ? plainContent(problem, accepts) : { ...page, body: fill(page.body, problem) };
    const body = Buffer.from(content.body);
    const headers = ['content-type', content.contentType, 'content-length', String(body.length)];
    headers.push('cache-control', 'no-store');
    if (reasonHeader === 'Always' || (reasonHeader === 'Trusted' && isTrusted))
      headers.push('x-evergate-reason', reason);
    return { status, headers, body };
  };
}

function plainContent(
  { reason, requestId }: Problem,
  accepts: Accepts,
): { readonly contentType: string; readonly body: string } {
  const { status, text: title } = reasons[reason];
  if (prefersText(accepts))
    return { contentType: TEXT, body: `${status} ${title}\nreason: ${reason}\nrequest: ${requestId}\n` };
  return { contentType: PROBLEM, body: `${JSON.stringify({ status, title, reason, requestId })}\n` };
}

function prefersText(accepts: Accepts): boolean {
  const json = Math.max(qualityOf(PROBLEM, accepts), qualityOf('application/json', accepts));
  return qualityOf('text/plain', accepts) > json;
}

/** `text/html; charset=utf-8` is `text/html`. */
function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}

/** Nothing that is filled in can hold markup: ids are checked where they come in, the rest is ours. */
function fill(template: string, { reason, requestId }: Problem): string {
  const { status, text: title } = reasons[reason];
  const values: Readonly<Record<string, string>> = { status: String(status), title, reason, requestId };
  return template.replace(/\{(status|title|reason|requestId)\}/g, (_, name: string) => values[name] as string);
}
