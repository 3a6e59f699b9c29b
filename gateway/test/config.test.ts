import { anyHost } from '@evergate/process/anyHost';
import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../src/config.ts';

describe('the environment of a gateway', () => {
  test('needs the directory of the documents, and has defaults for the rest', () => {
    expect(readConfig({ EVERGATE_DOCUMENTS: '/documents' })).toMatchObject({
      ok: true,
      value: {
        documents: '/documents',
        delivery: { copy: undefined, watch: undefined },
        host: anyHost(),
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

  test('names the API server and what to watch there', () => {
    const env = {
      EVERGATE_DOCUMENTS: '/documents',
      EVERGATE_COPY: '/copy',
      EVERGATE_DELIVERY: 'Watch',
      EVERGATE_FLEET: 'edge',
      EVERGATE_NAMESPACE: 'infra',
    };
    const byKubelet = { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
    expect(readConfig(byKubelet)).toMatchObject({
      value: {
        delivery: {
          copy: '/copy',
          watch: {
            server: 'https://[fd00::1]:6443',
            serviceAccount: '/var/run/secrets/kubernetes.io/serviceaccount',
            namespace: 'infra',
            fleet: 'edge',
          },
        },
      },
    });
    const named = {
      ...byKubelet,
      EVERGATE_API_SERVER: 'https://localhost:16443/',
      EVERGATE_SERVICE_ACCOUNT: '/account',
    };
    expect(readConfig(named)).toMatchObject({
      value: { delivery: { watch: { server: 'https://localhost:16443', serviceAccount: '/account' } } },
    });
  });

  test('says all that a watch lacks', () => {
    const problems = (env: Readonly<Record<string, string>>): string[] => {
      const config = readConfig({ EVERGATE_DOCUMENTS: '/documents', ...env });
      return config.ok ? [] : config.problems.map(({ path, message }) => `${path} ${message}`);
    };
    expect(problems({ EVERGATE_DELIVERY: 'Push' })).toEqual(['EVERGATE_DELIVERY "Push" is none of Watch, Mount']);
    expect(problems({ EVERGATE_DELIVERY: 'Watch', EVERGATE_FLEET: 'Edge!' })).toEqual([
      expect.stringMatching(/^EVERGATE_API_SERVER is not set, nor is KUBERNETES_SERVICE_HOST/),
      "EVERGATE_NAMESPACE is not set; EVERGATE_DELIVERY=Watch needs the pod's namespace",
      'EVERGATE_FLEET "Edge!" is no DNS label',
    ]);
    expect(problems({ EVERGATE_DELIVERY: 'Watch', EVERGATE_API_SERVER: 'http://x', EVERGATE_FLEET: 'a' })[0]).toBe(
      'EVERGATE_API_SERVER "http://x" is no address; write https://host:port',
    );
  });
});
