import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../src/config.ts';

describe('the environment of a gateway', () => {
  test('needs the directory of the documents, and has defaults for the rest', () => {
    expect(readConfig({ EVERGATE_DOCUMENTS: '/documents' })).toMatchObject({
      ok: true,
      value: {
        documents: '/documents',
        host: '0.0.0.0',
        statusPort: 9090,
        adminPort: 9091,
        propagationDelayMs: undefined,
        drainTimeoutMs: undefined,
        logLevel: 'info',
        zone: undefined,
        forbiddenRanges: [],
      },
    });
  });

  test('overrides the times of the table', () => {
    const config = readConfig({
      EVERGATE_DOCUMENTS: '/documents',
      EVERGATE_PROPAGATION_DELAY: '0s',
      EVERGATE_DRAIN_TIMEOUT: '1m30s',
    });
    expect(config).toMatchObject({ ok: true, value: { propagationDelayMs: 0, drainTimeoutMs: 90_000 } });
  });

  test('is refused with every problem at once, each with its variable', () => {
    const config = readConfig({
      EVERGATE_HOST: 'localhost',
      EVERGATE_STATUS_PORT: '70000',
      EVERGATE_ADMIN_PORT: 'http',
      EVERGATE_DRAIN_TIMEOUT: '10',
      EVERGATE_LOG_LEVEL: 'loud',
    });
    expect(config.ok ? [] : config.problems.map(({ path }) => path)).toEqual([
      'EVERGATE_DOCUMENTS',
      'EVERGATE_HOST',
      'EVERGATE_STATUS_PORT',
      'EVERGATE_ADMIN_PORT',
      'EVERGATE_DRAIN_TIMEOUT',
      'EVERGATE_LOG_LEVEL',
    ]);
  });
});
