import { describe, expect, test } from '@jest/globals';
import { parseOptions } from '../src/options.ts';

describe('the command line', () => {
  test('without options asks for five rounds of eight seconds of every target', () => {
    expect(parseOptions([])).toEqual({
      state: 'options',
      options: {
        rounds: 15,
        seconds: 3,
        warmupSeconds: 6,
        targets: ['evergate', 'nginx', 'haproxy', 'envoy', 'fastify-http-proxy'],
        scenarios: ['get100'],
        jsonFile: undefined,
        install: false,
      },
    });
  });

  test('chooses targets and scenarios, in the order of the table', () => {
    const parsed = parseOptions(['--targets', 'envoy,evergate', '--scenario', 'all', '--json', 'results.json']);
    expect(parsed).toMatchObject({
      options: {
        targets: ['evergate', 'envoy'],
        scenarios: ['get100', 'get10k', 'post1k'],
        jsonFile: 'results.json',
      },
    });
  });

  test('gives every problem at once', () => {
    const parsed = parseOptions(['--rounds', '0', '--seconds', 'long', '--targets', 'envoy,apache']);
    expect(parsed).toEqual({
      state: 'wrong',
      problems: [
        '--rounds is "0"; it takes a whole number from 1 to 50',
        '--seconds is "long"; it takes a whole number from 1 to 120',
        '--targets names "apache"; known are evergate, nginx, haproxy, envoy, fastify-http-proxy',
      ],
    });
  });

  test('refuses an option it does not know', () => {
    expect(parseOptions(['--fast']).state).toBe('wrong');
  });

  test('gives help before anything else', () => {
    expect(parseOptions(['--help', '--rounds', 'x'])).toEqual({ state: 'help' });
  });
});
