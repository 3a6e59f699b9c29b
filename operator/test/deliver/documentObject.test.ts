import { describe, expect, test } from '@jest/globals';
import { documentObject, objectNameOf, readStored } from '../../src/deliver/documentObject.ts';

describe('documents as objects', () => {
  const text = '{"x":1}';
  const gzip = Buffer.from('compressed');
  const part = { kind: 'routes', name: '3', slot: 'b' } as const;

  test('are read back as they were written', () => {
    const writes = [
      { kind: 'routes', key: 'routes.json', text },
      { kind: 'endpoints', key: 'endpoints.json', text },
      { kind: 'secrets', key: 'secrets.json', text },
      { kind: 'routes', part, key: 'routes-3-b.json.gz', text, gzip },
    ] as const;
    const objects = writes.map((write) => documentObject(write, { name: objectNameOf('edge', write) }));
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ConfigMap edge-routes',
      'ConfigMap edge-endpoints',
      'Secret edge-secrets',
      'ConfigMap edge-routes-3-b',
    ]);
    const stored = readStored('edge', [...objects, { kind: 'ConfigMap', metadata: { name: 'edge-mine' } }]);
    expect(stored.indexes).toEqual({ routes: text, endpoints: text, secrets: text });
    expect(stored.parts).toEqual([{ ...part, encoding: 'gzip', content: gzip }]);
  });

  test('of another fleet, or of nobody, are not taken for ours', () => {
    const names = ['edge2-routes', 'edge-routes-3-c', 'edge-routes-g-a', 'edge-secrets-0-a', 'routes-3-a'];
    const objects = names.map((name) => ({ kind: 'ConfigMap', metadata: { name }, data: { 'routes.json': text } }));
    expect(readStored('edge', objects)).toEqual({ indexes: {}, parts: [] });
  });
});
