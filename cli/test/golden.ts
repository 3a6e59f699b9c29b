import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from '@jest/globals';

/** Compares text with a file below `golden/` beside the test; UPDATE_GOLDEN=1 writes the file instead. */
export function expectGolden(testUrl: string, name: string, text: string): void {
  const file = new URL(`golden/${name}`, testUrl);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}
