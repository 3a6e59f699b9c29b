import { reservedHeaders } from '@evergate/contract/reservedHeaders';
import { z } from 'zod';
import {
  headerName,
  headerValue,
  namespaceName,
  pathSource,
  port,
  preciseHostname,
  serviceName,
  urlPath,
} from './fields.ts';
import { type DeepReadonly, integer, listMap, listSet, patternText, withRules } from './schema.ts';

/* What a rule can do to a request or its response. One variant a type, each with the one field that carries its settings. */

const editableName = withRules(headerName, {
  cel: `!(self.lowerAscii() in [${reservedHeaders.map((name) => `'${name}'`).join(', ')}])`,
  holds: (name) => !reservedHeaders.includes(name.toLowerCase()),
  message:
    'must be a header that routes may change: the gateway itself keeps Host (see urlRewrite.hostname), Connection, Expect and what frames the message',
});

const headerField = z.strictObject({
  name: editableName.describe('The name of the header, in any case.'),
  value: headerValue.describe('Its value.'),
});

const headerModifier = withRules(
  z.strictObject({
    set: listMap(headerField, ['name'], 16).default([]).describe('Headers that replace those of the same name.'),
    add: listMap(headerField, ['name'], 16).default([]).describe('Headers that are added to those of the same name.'),
    remove: listSet(editableName, 16).default([]).describe('Names of headers that are removed.'),
  }),
  {
    cel: '(has(self.set) && size(self.set) > 0) || (has(self.add) && size(self.add) > 0) || (has(self.remove) && size(self.remove) > 0)',
    holds: ({ set, add, remove }) => set.length + add.length + remove.length > 0,
    message: 'must have at least one header under set, add or remove',
  },
);

const pathModifier = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('ReplaceFullPath'),
      replaceFullPath: urlPath.describe('The new path, whole.'),
    }),
    z.strictObject({
      type: z.literal('ReplacePrefixMatch'),
      replacePrefixMatch: patternText({
        max: 1024,
        pattern: new RegExp(`^(${pathSource})?$`),
        accepts: 'a path that begins with /, or nothing, which is the same as /',
      }).describe('What replaces the prefix that matched; the rest of the path stays.'),
    }),
  ])
  .describe('How the path changes: ReplaceFullPath, or ReplacePrefixMatch, which needs matches of type PathPrefix.');

const urlRewrite = withRules(
  z.strictObject({
    hostname: preciseHostname.optional().describe('The host name that the backend sees.'),
    path: pathModifier.optional(),
  }),
  {
    cel: 'has(self.hostname) || has(self.path)',
    holds: (rewrite) => rewrite.hostname !== undefined || rewrite.path !== undefined,
    message: 'must have hostname, path or both',
  },
);

const requestRedirect = z.strictObject({
  scheme: z
    .enum(['http', 'https'])
    .optional()
    .describe('The scheme of the new address; that of the request without one.'),
  hostname: preciseHostname.optional().describe('The host name of the new address; that of the request without one.'),
  path: pathModifier.optional(),
  port: port
    .optional()
    .describe(
      'The port of the new address; without one, that of `scheme` where it is given, else that of the listener.',
    ),
  statusCode: z
    .literal([301, 302, 303, 307, 308])
    .default(302)
    .describe('The status of the answer: 301 and 308 may be remembered by clients, 307 and 308 keep the method.'),
});

const requestMirror = z.strictObject({
  backendRef: z
    .strictObject({
      name: serviceName.describe('The name of a Service.'),
      namespace: namespaceName
        .optional()
        .describe('Its namespace; another than that of the route needs a ReferenceGrant there.'),
      port: port.describe('The port of the Service.'),
    })
    .describe('Where the copies go. Their answers are thrown away.'),
  percent: integer(0, 100).default(100).describe('How many of a hundred requests are copied.'),
});

const origin = patternText({
  max: 253,
  pattern: /^([*]|[a-z][a-z0-9+.-]{0,31}:\/\/([*][.])?[A-Za-z0-9.-]+(:([0-9]{1,5}|[*]))?)$/,
  accepts: 'an origin such as https://shop.example.com or https://*.example.com, or *',
});

const cors = withRules(
  z.strictObject({
    allowOrigins: listSet(origin, 64).min(1).describe('The origins that may read responses; `*` alone is any.'),
    allowMethods: listSet(
      z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', '*']),
      10,
    )
      .default([])
      .describe('The methods that may be used beside GET, HEAD and POST; `*` alone is any.'),
    allowHeaders: listSet(headerName, 64)
      .default([])
      .describe('The request headers that may be sent; `*` alone is any.'),
    exposeHeaders: listSet(headerName, 64)
      .default([])
      .describe('The response headers that scripts may read; `*` alone is any.'),
    maxAge: integer(0, 31_536_000)
      .default(5)
      .describe('For how many seconds a browser may remember the answer to its preflight.'),
    allowCredentials: z.boolean().default(false).describe('Whether requests may carry cookies and credentials.'),
  }),
  ...(['allowOrigins', 'allowMethods', 'allowHeaders', 'exposeHeaders'] as const).map((field) => ({
    cel: `!has(self.${field}) || size(self.${field}) <= 1 || !self.${field}.exists(entry, entry == '*')`,
    holds: (value: Readonly<Record<typeof field, readonly string[]>>) =>
      value[field].length <= 1 || !value[field].includes('*'),
    message: `${field}: '*' must be the only entry`,
  })),
);

const directResponse = withRules(
  z.strictObject({
    statusCode: integer(200, 599).describe('The status of the answer.'),
    contentType: headerValue.max(256).default('text/plain; charset=utf-8').describe('The Content-Type of the body.'),
    body: z.string().max(65_536).default('').describe('The body of the answer, at most 64 KiB.'),
  }),
  {
    cel: "!(self.statusCode in [204, 205, 304]) || !has(self.body) || self.body == ''",
    holds: ({ statusCode, body }) => ![204, 205, 304].includes(statusCode) || body === '',
    message: 'statusCode 204, 205 and 304 have no body',
  },
);

export const routeFilter = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('RequestHeaderModifier'),
    requestHeaderModifier: headerModifier.describe('Changes the headers that the backend sees.'),
  }),
  z.strictObject({
    type: z.literal('ResponseHeaderModifier'),
    responseHeaderModifier: headerModifier.describe('Changes the headers that the client sees.'),
  }),
  z.strictObject({
    type: z.literal('URLRewrite'),
    urlRewrite: urlRewrite.describe('Changes the host name or the path that the backend sees.'),
  }),
  z.strictObject({
    type: z.literal('RequestRedirect'),
    requestRedirect: requestRedirect.describe(
      'Answers with another address. Without a field set, it redirects to the same one.',
    ),
  }),
  z.strictObject({
    type: z.literal('RequestMirror'),
    requestMirror: requestMirror.describe('Sends a copy of requests to another backend as well.'),
  }),
  z.strictObject({
    type: z.literal('CORS'),
    cors: cors.describe(
      'Answers preflights, also for matches with a method, and lets scripts of other origins read responses.',
    ),
  }),
  z.strictObject({
    type: z.literal('DirectResponse'),
    directResponse: directResponse.describe('Answers without a backend.'),
  }),
]);

export type RouteFilter = DeepReadonly<z.infer<typeof routeFilter>>;
export type PathModifier = DeepReadonly<z.infer<typeof pathModifier>>;
