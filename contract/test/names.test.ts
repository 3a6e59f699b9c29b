import { describe, expect, test } from '@jest/globals';
import { everyPartSlot, indexObjectName, partKey, partObjectName } from '../src/names.ts';

describe('the names of documents', () => {
  test('say what an object or a key holds', () => {
    expect(indexObjectName('edge', 'secrets')).toBe('edge-secrets');
    expect(partObjectName('edge', 'routes', '3', 'a')).toBe('edge-routes-3-a');
    expect(partKey('routes', '3', 'a')).toBe('routes-3-a.json');
    expect(partKey('routes', '3', 'a', 'gzip')).toBe('routes-3-a.json.gz');
  });

  test('are known in advance for every part a fleet may have, none twice', () => {
    const names = everyPartSlot().map(({ kind, name, slot }) => partObjectName('edge', kind, name, slot));
    expect(new Set(names).size).toBe(64);
    expect(names).toEqual(expect.arrayContaining(['edge-routes-0-a', 'edge-endpoints-f-b']));
  });
});
