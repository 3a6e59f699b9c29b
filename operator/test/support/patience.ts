import { jest } from '@jest/globals';

/** An API server that starts, or waits for a lease, has more time than other tests; each wait has its own bound below this. */
jest.setTimeout(60_000);
