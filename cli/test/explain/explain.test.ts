import { fileURLToPath } from 'node:url';
import type { Translation } from '@evergate/operator/translate';
import { describe, expect, test } from '@jest/globals';
import { type AskedRequest, explainRequest } from '../../src/explain/explain.ts';
import { formatExplanation } from '../../src/explain/format.ts';
import { fleetsOf } from '../../src/fleet/fleets.ts';
import { translateFleet } from '../../src/fleet/translateFleet.ts';
import { loadFiles } from '../../src/manifests/loadFiles.ts';
import { expectGolden } from '../golden.ts';

const examples = fileURLToPath(new URL('../../../examples', import.meta.url));

async function translateExamples(): Promise<Translation> {
  const contents = await loadFiles([examples]);
  const [fleet] = fleetsOf(contents);
  if (fleet === undefined) throw new Error('the examples have no fleet');
  return translateFleet(contents, fleet);
}

const asked: AskedRequest = { authority: 'shop.example.com', target: '/', method: 'GET', headers: [] };

describe('explain', () => {
  const requests: Readonly<Record<string, Partial<AskedRequest>>> = {
    'split.txt': { target: '/api/orders/9?full=1' },
    'preview.txt': { target: '/api//orders/./9', headers: ['X-Preview', 'v2'] },
    'post.txt': { authority: 'SHOP.example.com:8080', target: '/api/carts', method: 'POST' },
    'redirect.txt': { target: '/store/shoes?size=42' },
    'direct.txt': { target: '/robots.txt' },
    'foreign.txt': { authority: 'other.example.com' },
  };

  test.each(Object.keys(requests))('writes %s', async (name) => {
    const explained = explainRequest(await translateExamples(), { ...asked, ...requests[name] });
    expectGolden(import.meta.url, name, formatExplanation(explained));
  });

  test('refuses what a gateway would refuse', async () => {
    const translation = await translateExamples();
    expect(() => explainRequest(translation, { ...asked, target: '/a%2fb' })).toThrow('a gateway answers 400');
    expect(() => explainRequest(translation, { ...asked, listener: 'https' })).toThrow('name one of http');
  });
});
