import { describe, expect, test } from '@jest/globals';
import { parseCoreTicks, parseProcessTicks, parseResidentBytes } from '../../src/machine/procStat.ts';

const afterName = 'S 1 4242 4242 0 -1 4194304 900 0 0 0 750 250 0 0 20 0 4 0 1000 50000000 9000 18446744073709551615';

const stat = `cpu  300 0 300 2000 20 0 10 4 0 0
cpu0 100 5 200 900 10 1 8 3 0 0
cpu1 200 0 100 1100 10 0 2 1 0 0
cpu10 1 1 1 1 1 1 1 1 0 0
intr 379214 0 0
`;

describe('the time of a process', () => {
  test('is its user and system time', () => {
    expect(parseProcessTicks(`4242 (node) ${afterName}`)).toBe(1_000);
  });

  test('is found behind a name with spaces and parentheses', () => {
    expect(parseProcessTicks(`4242 (a (b) 7 8) ${afterName}`)).toBe(1_000);
  });

  test('is not made up from a text that ends early', () => {
    expect(() => parseProcessTicks('4242 (node) S 1 2')).toThrow('expected a count');
  });
});

describe('the time of a core', () => {
  test('tells idle, processes and the whole apart', () => {
    expect(parseCoreTicks(stat, 0)).toEqual({ total: 1_227, idle: 910, processes: 305 });
  });

  test('is that of the core asked for, not of one whose number begins alike', () => {
    expect(parseCoreTicks(stat, 1).idle).toBe(1_110);
  });

  test('is refused for a core that does not exist', () => {
    expect(() => parseCoreTicks(stat, 2)).toThrow('no core 2');
  });
});

describe('resident memory', () => {
  test('is given in bytes', () => {
    expect(parseResidentBytes('Name:\tnode\nVmRSS:\t   2048 kB\nThreads:\t4\n')).toBe(2_097_152);
  });

  test('is refused where the kernel gives none', () => {
    expect(() => parseResidentBytes('Name:\tkthreadd\n')).toThrow('expected a count, found nothing');
  });
});
