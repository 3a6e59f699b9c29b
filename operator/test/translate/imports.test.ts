import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';

const script = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
  await import('@evergate/operator/translate');
  console.log(JSON.stringify(loaded));
`;

describe('@evergate/operator/translate', () => {
  test('is loaded without the client of the API server, which the cli must not pay for', () => {
    const flags = ['--conditions=source', '--input-type=module', '--eval', script];
    const loaded: unknown = JSON.parse(
      execFileSync(process.execPath, flags, { cwd: import.meta.dirname, encoding: 'utf8' }),
    );
    expect(loaded).toContainEqual(expect.stringContaining('operator/src/translate/translate.ts'));
    expect(loaded).not.toContainEqual(expect.stringContaining('client-node'));
  });
});
