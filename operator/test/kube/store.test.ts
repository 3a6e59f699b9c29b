import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/kube/kubeObject.ts';
import { byLabel, Store, type StoreChange } from '../../src/kube/store.ts';

function object(name: string, resourceVersion: string, rest: object = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop', resourceVersion }, ...rest };
}

function labelled(name: string, resourceVersion: string, app: string): KubeObject {
  const { metadata } = object(name, resourceVersion);
  return { metadata: { ...metadata, labels: { app } } };
}

function storeWithLog(options: ConstructorParameters<typeof Store>[0] = {}) {
  const log: StoreChange<KubeObject>[] = [];
  const store = new Store({ ...options, onChange: (change) => log.push(change) });
  return { store, log };
}

describe('a store', () => {
  test('tells what was and what is', () => {
    const { store, log } = storeWithLog();
    store.onApply(object('a', '1', { data: { x: '1' } }));
    store.onApply(object('a', '2', { data: { x: '2' } }));
    store.onDelete(object('a', '3'));
    expect(log).toMatchObject([
      { key: 'shop/a', old: undefined, new: { data: { x: '1' } } },
      { key: 'shop/a', old: { data: { x: '1' } }, new: { data: { x: '2' } } },
      { key: 'shop/a', old: { data: { x: '2' } }, new: undefined },
    ]);
    expect(store.size).toBe(0);
  });

  test('takes what is there already for nothing, in the same version and in another', () => {
    const { store, log } = storeWithLog();
    store.onApply(object('a', '1', { data: { x: '1' } }));
    store.onApply(object('a', '1', { data: { x: '1' } }));
    store.onApply(object('a', '2', { data: { x: '1' } }));
    expect(log).toHaveLength(1);
    expect(store.get('shop/a')?.metadata.resourceVersion).toBe('2');
  });

  test('leaves out fields that do not count, and still has their latest value', () => {
    const { store, log } = storeWithLog({ ignore: ['status'] });
    store.onApply(object('a', '1', { status: 1 }));
    store.onApply(object('a', '2', { status: 2 }));
    expect(log).toHaveLength(1);
    expect(store.get({ namespace: 'shop', name: 'a' })).toMatchObject({ status: 2 });
  });

  test('keeps no managed fields, and only what it is told to keep', () => {
    const trim = ({ metadata }: KubeObject): KubeObject => ({ metadata });
    const store = new Store({ trim });
    const { metadata } = object('a', '1');
    store.onApply({ metadata: { ...metadata, managedFields: [{ manager: 'x' }] }, data: { x: '1' } });
    expect(store.get('shop/a')).toEqual({ metadata });
  });

  test('an object of the same name and version but another identity is a change', () => {
    const { store, log } = storeWithLog();
    const { metadata } = object('a', '1');
    store.onApply({ metadata: { ...metadata, uid: 'one' } });
    store.onApply({ metadata: { ...metadata, uid: 'two' } });
    expect(log).toHaveLength(2);
  });

  test('a list replaces: what is new, changed and gone is told, the rest is not', () => {
    const { store, log } = storeWithLog();
    store.onReplace([object('a', '1'), object('b', '1', { data: 1 }), object('c', '1')]);
    log.length = 0;
    store.onReplace([object('a', '1'), object('b', '2', { data: 2 }), object('d', '1')]);
    expect(log.map(({ key, old, new: now }) => [key, old !== undefined, now !== undefined])).toEqual([
      ['shop/b', true, true],
      ['shop/d', false, true],
      ['shop/c', true, false],
    ]);
    expect([...store.keys()].sort()).toEqual(['shop/a', 'shop/b', 'shop/d']);
  });

  test('finds by index what is there now, under its words of now', () => {
    const store = new Store({ indexes: { app: byLabel('app') } });
    store.onReplace([labelled('a', '1', 'shop'), labelled('b', '1', 'shop'), object('c', '1')]);
    const names = (word: string) => store.byIndex('app', word).map(({ metadata }) => metadata.name);
    expect(names('shop')).toEqual(['a', 'b']);
    store.onApply(labelled('a', '2', 'blog'));
    store.onDelete(labelled('b', '3', 'shop'));
    expect(names('shop')).toEqual([]);
    expect(names('blog')).toEqual(['a']);
    expect([...store.wordsOf('app')]).toEqual(['blog']);
    expect(() => store.byIndex('other', 'x')).toThrow('the store has no index "other"');
  });

  test('a listener that throws keeps nobody else from hearing, and its error is not lost', () => {
    const store = new Store();
    const heard: string[] = [];
    store.subscribe(() => {
      throw new Error('broken');
    });
    store.subscribe(({ key }) => heard.push(key));
    expect(() => store.onReplace([object('a', '1'), object('b', '1')])).toThrow('listeners of a store threw');
    expect(heard).toEqual(['shop/a', 'shop/b']);
    expect(store.size).toBe(2);
  });
});
