import { readFile } from 'node:fs/promises';
import { parseObject } from '@evergate/crds/parse';
import { describe, expect, test } from '@jest/globals';
import { LuaFactory } from 'wasmoon';
import { parse, parseAllDocuments } from 'yaml';

interface Fixture {
  readonly name: string;
  readonly health: string;
  readonly message: string | RegExp;
  readonly object: { readonly kind: 'GatewayFleet' | 'GatewayRoute' | 'BackendPolicy'; readonly status?: unknown };
}

const folder = new URL('../../argocd/', import.meta.url);
const settings = parse(await readFile(new URL('argocd-cm.yaml', folder), 'utf8')) as { data: Record<string, string> };
const text = await readFile(new URL('./fixtures.yaml', import.meta.url), 'utf8');
const fixtures = parseAllDocuments(text).map((document) => document.toJS() as Fixture);

/** Runs the script that Argo CD is told for a kind, as Argo CD does: the object is the global `obj`. */
async function healthOf(kind: string, object: unknown): Promise<{ status: string; message: string }> {
  const lua = await new LuaFactory().createEngine();
  try {
    lua.global.set('obj', object);
    return await lua.doString(settings.data[`resource.customizations.health.${kind}`] ?? '');
  } finally {
    lua.global.close();
  }
}

describe('to Argo CD,', () => {
  test.each(fixtures)('$object.kind: $name is $health', async ({ object, health, message }) => {
    expect(await healthOf(`evergate.dev_${object.kind}`, object)).toEqual({ status: health, message });
  });

  test.each(fixtures)('$object.kind: $name is an object that the API server would store', ({ object }) => {
    const parsed = parseObject(object.kind, object);
    expect(parsed.ok ? [] : parsed.problems).toEqual([]);
    // A status that does not fit reads as none.
    if (parsed.ok && object.status !== undefined) expect((parsed.value as { status?: unknown }).status).toBeDefined();
  });

  test('every kind is healthy, on its way, and degraded in some fixture', () => {
    for (const kind of ['GatewayFleet', 'GatewayRoute', 'BackendPolicy']) {
      const seen = fixtures.filter(({ object }) => object.kind === kind).map(({ health }) => health);
      expect([...new Set(seen)].toSorted()).toEqual(['Degraded', 'Healthy', 'Progressing']);
    }
  });

  test('an Application is as healthy as it says, and on its way before it says anything', async () => {
    const application = 'argoproj.io_Application';
    expect(await healthOf(application, { status: { health: { status: 'Healthy' } } })).toMatchObject({
      status: 'Healthy',
    });
    expect(await healthOf(application, {})).toMatchObject({ status: 'Progressing' });
  });
});
