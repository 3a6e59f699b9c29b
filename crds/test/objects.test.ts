import { describe, expect, test } from '@jest/globals';
import { parseObject } from '../src/parse.ts';
import { allCases } from './objects/allCases.ts';

describe('the parse takes and refuses what the API server does', () => {
  test.each(allCases.filter(({ refused }) => refused === undefined))('it takes $what', ({ object }) => {
    expect(parseObject(object.kind, object)).toMatchObject({ ok: true });
  });

  test.each(allCases.filter(({ refused }) => refused !== undefined))('it refuses $what', ({ object, refused }) => {
    expect(parseObject(object.kind, object)).toMatchObject({
      ok: false,
      problems: [{ path: refused?.path, message: expect.stringContaining(refused?.message ?? '') }],
    });
  });
});
