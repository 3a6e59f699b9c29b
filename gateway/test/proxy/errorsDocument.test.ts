import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { allReasons, reasons } from '../../src/proxy/reasons.ts';

const path = new URL('../../../docs/errors.md', import.meta.url);

test('docs/errors.md lists every reason with its status and text, and no other', async () => {
  const rows = [
    ...(await readFile(path, 'utf8')).matchAll(/^\| `([A-Za-z]+)` +\| ([0-9]{3}) +\| ([^|]+) \| ([^|]+) \|$/gm),
  ];
  const listed = rows.map(([, reason, status, text]) => ({ reason, status: Number(status), text: text?.trim() }));
  const known = allReasons.map((reason) => ({ reason, ...reasons[reason] }));
  const byReason = (a: { reason?: string | undefined }, b: { reason?: string | undefined }): number =>
    String(a.reason).localeCompare(String(b.reason));
  expect(listed.toSorted(byReason)).toEqual(known.toSorted(byReason));
  expect(rows.every(([, , , , remedy]) => (remedy?.trim().length ?? 0) > 10)).toBe(true);
});
