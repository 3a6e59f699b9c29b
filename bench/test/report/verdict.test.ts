import { describe, expect, test } from '@jest/globals';
import { exitCode, formatVerdicts, judge } from '../../src/report/verdict.ts';
import { summaryOf } from './summaries.ts';

const envoy = summaryOf('envoy', 50);
const fastify = summaryOf('fastify-http-proxy', 80);

describe('the verdict', () => {
  test('is within the bounds up to and including the bound itself', () => {
    const verdicts = judge([summaryOf('evergate', 48), envoy, fastify], 5);
    expect(formatVerdicts(verdicts)).toBe(
      'evergate/envoy CPU ratio = 0.960 (bound 1.0), evergate/fastify-http-proxy CPU ratio = 0.600 (bound 0.6)',
    );
    expect(exitCode(verdicts)).toBe(0);
  });

  test('names the bound that is exceeded', () => {
    const verdicts = judge([summaryOf('evergate', 50), envoy, fastify], 5);
    expect(formatVerdicts(verdicts)).toBe(
      'evergate/envoy CPU ratio = 1.000 (bound 1.0), evergate/fastify-http-proxy CPU ratio = 0.625 (bound 0.6) EXCEEDED',
    );
    expect(exitCode(verdicts)).toBe(1);
  });

  test('is withheld for a peer that was not run', () => {
    const verdicts = judge([summaryOf('evergate', 40), fastify], 5);
    expect(formatVerdicts(verdicts)).toContain('evergate/envoy CPU ratio not judged: envoy was not run (bound 1.0)');
    expect(exitCode(verdicts)).toBe(2);
  });

  test('is withheld without Evergate', () => {
    expect(exitCode(judge([envoy, fastify], 5))).toBe(2);
  });

  test('is withheld where too few rounds count', () => {
    const verdicts = judge([summaryOf('evergate', 40, 2), envoy, fastify], 5);
    expect(formatVerdicts(verdicts)).toContain('both count in only 2 passes, 3 are needed');
    expect(exitCode(verdicts)).toBe(2);
  });

  test('compares rounds of one pass, whatever became of the machine between passes', () => {
    const passes = (target: 'evergate' | 'envoy', micros: readonly number[]) => ({
      ...summaryOf(target, 0),
      cpuMicrosByPass: new Map(micros.map((value, pass) => [pass, value])),
    });
    // Half the speed from the third pass on; the two medians would compare 80 with 50.
    const verdicts = judge([passes('evergate', [40, 40, 80, 80, 80]), passes('envoy', [50, 50, 100, 100])], 5);
    expect(formatVerdicts(verdicts)).toContain('evergate/envoy CPU ratio = 0.800');
  });

  test('needs no more rounds than were asked for', () => {
    const one = [summaryOf('evergate', 40, 1), summaryOf('envoy', 50, 1), summaryOf('fastify-http-proxy', 80, 1)];
    expect(exitCode(judge(one, 1))).toBe(0);
  });

  test('of an exceeded bound stands even where another could not be judged', () => {
    expect(exitCode(judge([summaryOf('evergate', 60), envoy], 5))).toBe(1);
  });
});
