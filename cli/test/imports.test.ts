import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

/** The files that are loaded when the module is, and whatever it imports at once. */
function loadedBy(module: string): readonly string[] {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    await import(${JSON.stringify(module)});
    console.log(JSON.stringify(loaded));
  `;
  const flags = ['--conditions=source', '--input-type=module', '--eval', script];
  return JSON.parse(execFileSync(process.execPath, flags, { cwd: import.meta.dirname, encoding: 'utf8' })) as string[];
}

test.each(['@evergate/operator/translate', '../src/lint/lint.ts', '../src/run/localRun.ts'])(
  '%s is loaded without the client of the API server',
  (module) => {
    const loaded = loadedBy(module);
    expect(loaded).toContainEqual(expect.stringContaining('/operator/src/translate/translate.ts'));
    expect(loaded.filter((url) => /client-node|operator\/src\/kube\//.test(url))).toEqual([]);
  },
);
