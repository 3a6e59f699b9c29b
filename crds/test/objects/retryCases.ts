import { backendRefs, type ObjectCase, ruleCase } from './objectCase.ts';

export const retryCases: readonly ObjectCase[] = [
  ruleCase('a rule with everything said about retries', {
    backendRefs: [
      { name: 'orders', port: 80, priority: 0 },
      { name: 'static', port: 80, priority: 1 },
    ],
    retry: {
      attempts: 2,
      on: ['ConnectFailure'],
      codes: [503],
      methods: ['GET', 'PUT'],
      backoff: '0s',
      budget: { percent: 5, minRetryRate: 0 },
    },
  }),
  ruleCase(
    'a method that must not be sent twice',
    { backendRefs, retry: { methods: ['POST'] } },
    {
      path: 'spec.rules[0].retry.methods[0]',
      message: 'expected one of "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"',
      server: 'Unsupported value: "POST"',
    },
  ),
  ruleCase(
    'a status that is no failure',
    { backendRefs, retry: { codes: [200] } },
    {
      path: 'spec.rules[0].retry.codes[0]',
      message: 'found 200; expected at least 400',
      server: 'should be greater than or equal to 400',
    },
  ),
];
