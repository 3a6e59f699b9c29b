import type { Server } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { createAuthServer } from '../../src/auth/authServer.ts';
import { identityHeader } from '../../src/requestId.ts';
import { closed, listening } from '../listening.ts';

let server: Server;

afterEach(() => closed(server));

test('who has a user’s token may pass, and is named; others may not, and probes may ask whether it is ready', async () => {
  server = createAuthServer();
  const url = `http://127.0.0.1:${await listening(server)}`;
  const ask = async (path: string, authorization?: string): Promise<readonly (string | number | null)[]> => {
    const response = await fetch(`${url}${path}`, authorization === undefined ? {} : { headers: { authorization } });
    await response.arrayBuffer();
    return [response.status, response.headers.get(identityHeader)];
  };
  expect(await ask('/', 'Bearer user-7')).toEqual([200, 'user-7']);
  expect(await ask('/', 'Bearer 7')).toEqual([401, null]);
  expect(await ask('/')).toEqual([401, null]);
  expect(await ask('/ready')).toEqual([200, null]);
});
