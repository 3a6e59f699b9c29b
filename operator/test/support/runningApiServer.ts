import type { ApiServer } from './apiServer.ts';

/** What Jest's set-up leaves for its teardown, which runs in the same process. */
export const running: { server: ApiServer | undefined } = { server: undefined };
