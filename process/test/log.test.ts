import { describe, expect, test } from '@jest/globals';
import { createLog, type LogLevel } from '../src/log.ts';

function logAt(level: LogLevel) {
  const lines: string[] = [];
  return { lines, log: createLog({ level, write: (line) => lines.push(line), now: () => Date.UTC(2026, 0, 1) }) };
}

describe('the log of the process', () => {
  test('a line is JSON of time, level, message and fields', () => {
    const { lines, log } = logAt('info');
    log.info('table swapped', { sequence: 4182 });
    expect(lines).toEqual(['{"time":"2026-01-01T00:00:00.000Z","level":"info","msg":"table swapped","sequence":4182}']);
  });

  test('less grave levels than the chosen one are not written', () => {
    const { lines, log } = logAt('warn');
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['c', 'd']);
  });

  test('an error is written with its causes and without its stack', () => {
    const { lines, log } = logAt('info');
    log.error('reload failed', { error: new Error('cannot read', { cause: new Error('no such file') }) });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ error: 'cannot read: no such file' });
  });

  test('a field cannot take the place of time, level or message', () => {
    const { lines, log } = logAt('info');
    log.info('true', { msg: 'forged', level: 'debug' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'true', level: 'info' });
  });

  test('fields that are too long or cannot be written are left out, and the line says so', () => {
    const { lines, log } = logAt('info');
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    log.info('long', { text: 'x'.repeat(10_000) });
    log.info('cycle', cycle);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { time: '2026-01-01T00:00:00.000Z', level: 'info', msg: 'long', cut: true },
      { time: '2026-01-01T00:00:00.000Z', level: 'info', msg: 'cycle', cut: true },
    ]);
  });
});
