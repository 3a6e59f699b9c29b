import { expect, test } from '@jest/globals';
import { secretsNamedBy } from '../../src/translate/secretRefs.ts';

test('the Secrets of an object are those that it names anywhere, valid or not, in its own namespace', () => {
  const spec = {
    redis: {
      credentials: { secretRef: { name: 'redis' } },
      tls: { secretRef: { name: 'authority', namespace: 'other' } },
    },
    enforced: { auth: { anyOf: [{ apiKey: { secretRefs: [{ name: 'keys' }, { name: 'more' }, {}, null, 'x'] } }] } },
    rules: [
      {
        auth: {
          anyOf: [{ basic: { secretRefs: { name: 'no-list' } } }, { apiKey: { secretRefs: [{ name: 'keys' }] } }],
        },
      },
    ],
  };
  expect(secretsNamedBy({ metadata: { namespace: 'shop' }, spec })).toEqual(
    ['redis', 'authority', 'keys', 'more', 'no-list'].map((name) => `shop/${name}`),
  );
  expect(secretsNamedBy({ metadata: {}, spec: null })).toEqual([]);
});
