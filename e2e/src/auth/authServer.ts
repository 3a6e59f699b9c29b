import { createServer, type Server } from 'node:http';
import { identityHeader } from '../requestId.ts';

/** Decides as external authentication asks: whoever has `Bearer user-…` may pass and is told of as that; others may not. */
export function createAuthServer(): Server {
  return createServer((request, response) => {
    const [, user] = (request.headers.authorization ?? '').match(/^Bearer (user-[a-z0-9-]+)$/) ?? [];
    if (user === undefined) response.statusCode = request.url === '/ready' ? 200 : 401;
    else response.setHeader(identityHeader, user);
    response.end();
  });
}
