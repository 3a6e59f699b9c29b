import { expect, test } from '@jest/globals';
import { Ledger } from '../../src/ledger/ledger.ts';

test('what arrived is told run by run, with how often where it was more than once', () => {
  const ledger = new Ledger();
  ledger.record({ sender: 'a', batch: 1, ids: ['quiet.0', 'rolled.0', 'rolled.1'] });
  ledger.record({ sender: 'b', batch: 1, ids: ['rolled.1', 'rolled.2', 'not an id'] });
  expect(ledger.arrivals('rolled')).toEqual({ arrived: '0-2', repeated: { 1: 2 } });
  expect(ledger.arrivals('quiet')).toEqual({ arrived: '0', repeated: {} });
});

test('a batch that comes again counts once', () => {
  const ledger = new Ledger();
  for (const batch of [1, 1, 2]) ledger.record({ sender: 'a', batch, ids: [`run.${batch}`] });
  expect(ledger.arrivals('run')).toEqual({ arrived: '1-2', repeated: {} });
});
