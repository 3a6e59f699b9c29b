import { z } from 'zod';
import { cidr, headerName, objectName } from './fields.ts';
import { list, listMap, listSet, patternText, withRules } from './schema.ts';

/* What several methods of authentication have in common. */

const NAMED_SO =
  '^(x-forwarded-.*|forwarded|via|x-real-ip|x-request-id|traceparent|tracestate|host|cookie|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive|proxy-.*)$';
const taken = new RegExp(NAMED_SO);

/** A header that tells a backend who asks. */
export const identityHeader = withRules(
  patternText({
    max: 128,
    pattern: /^[-A-Za-z0-9!#$%&'*+.^`|~]+$/,
    accepts: 'the name of a header field without underscores, such as X-User',
  }),
  {
    cel: `!self.lowerAscii().matches('${NAMED_SO}')`,
    holds: (name) => !taken.test(name.toLowerCase()),
    message: 'must be a header that nothing else needs, such as X-User: not one of the hop, of proxies or of tracing',
  },
);

/** Secrets in the namespace of the object that names them. */
export const secretRef = z.strictObject({
  name: objectName.describe('The name of a Secret in the namespace of this object.'),
});

/** Whose certificates are believed. */
export const authorityRef = secretRef
  .optional()
  .describe('The Secret with the certificate of the authority under `ca.crt`. Unset: those of the system.');

export const secretRefs = listMap(secretRef, ['name'], 8).min(1);

export const credential = withRules(
  z.strictObject({
    type: z.enum(['Header', 'Cookie', 'QueryParam']).describe('Where it stands.'),
    name: headerName.max(128).describe('The name of the header, cookie or query parameter.'),
    prefix: z
      .string()
      .max(32)
      .optional()
      .describe('What stands in front of it in a header, such as "Bearer ", in any case.'),
  }),
  {
    cel: "!has(self.prefix) || self.type == 'Header'",
    holds: ({ type, prefix }) => prefix === undefined || type === 'Header',
    message: 'prefix needs type Header',
  },
);

export const credentials = list(credential, 4).min(1);

/** Who may come in by address. */
export const access = withRules(
  z.strictObject({
    allow: listSet(cidr, 64).default([]).describe('Only clients in these ranges may come in. Empty: all may.'),
    deny: listSet(cidr, 64).default([]).describe('Clients in these ranges may not, whatever is allowed.'),
  }),
  {
    cel: '(has(self.allow) && size(self.allow) > 0) || (has(self.deny) && size(self.deny) > 0)',
    holds: ({ allow, deny }) => allow.length + deny.length > 0,
    message: 'must have at least one range under allow or deny',
  },
);
