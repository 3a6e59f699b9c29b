import { z } from 'zod';
import { headerValue } from './fields.ts';
import { list, listSet, patternText } from './schema.ts';

const statusRange = patternText({
  max: 7,
  pattern: /^[45][0-9]{2}(-[45][0-9]{2})?$/,
  accepts: 'a status from 400 to 599 or a range of them, such as 503 or 500-599',
});

const errorPage = z.strictObject({
  statuses: listSet(statusRange, 16).min(1).describe('The statuses, or ranges of them, that the page is for.'),
  contentType: headerValue.default('text/html; charset=utf-8').describe('What `body` is.'),
  body: z.string().max(65_536).describe('The page. {status}, {reason}, {title} and {requestId} in it are filled in.'),
});

/** How a fleet answers what it answers itself; docs/errors.md lists all of it. */
export const fleetErrors = z.strictObject({
  reasonHeader: z
    .enum(['Never', 'Trusted', 'Always'])
    .default('Trusted')
    .describe(
      'Who is told the reason in the header x-evergate-reason: nobody, proxies in front that are believed (clientTraffic.clientAddress), or every client.',
    ),
  pages: list(errorPage, 16)
    .default([])
    .describe(
      'Pages for clients whose Accept names their type; the first that fits is taken. Others get application/problem+json, or text where they would rather have that.',
    ),
});
