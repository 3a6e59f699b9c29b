import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DocumentIndex } from '@evergate/contract/document';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EventLoopMonitor } from '../../src/observe/eventLoop.ts';
import { Copy } from '../../src/reload/copy.ts';
import { CopySource } from '../../src/reload/copySource.ts';
import { ruleOf } from '../match/rules.ts';
import { eventually } from '../support/eventually.ts';
import { ManualTimers } from '../support/manualTimers.ts';
import { endpointsIndex, MemorySource, type RoutesOfTest, routesOf } from './memorySource.ts';
import { sha256 } from './publisher.ts';
import { Rig } from './rig.ts';

let folder: string;
let timers: ManualTimers;
let copy: Copy;
let watch: MemorySource;
let rig: Rig;
const written: string[] = [];
const failed: string[] = [];

function createCopy(limitBytes?: number): Copy {
  return new Copy({
    folder,
    timers,
    onWritten: (kind) => written.push(kind),
    onFailed: (kind, message) => failed.push(`${kind}: ${message}`),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  });
}

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'evergate-copy-')), 'copy');
  timers = new ManualTimers();
  copy = createCopy();
  watch = new MemorySource('Watch');
  rig = new Rig([watch.named], { keeper: copy });
  written.length = 0;
  failed.length = 0;
});

afterEach(async () => {
  await rig.reloader.close();
  await copy.close();
  await rm(join(folder, '..'), { recursive: true });
});

async function serve({ index, part, text }: RoutesOfTest, sequence = 1): Promise<void> {
  watch.holds(part, text).offers(index);
  await rig.swapped('routes', sequence);
}

/** A gateway that starts again and has nothing but the copy. */
async function restarted(): Promise<Rig> {
  const fresh = new Rig([{ name: 'Copy', source: new CopySource(folder) }]);
  await fresh.reloader.start();
  return fresh;
}

async function pass(ms: number, writes: number): Promise<void> {
  timers.pass(ms);
  await eventually(`${writes} writes`, () => written.length + failed.length === writes);
  // The next one is scheduled in the turns after.
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

describe('Copy', () => {
  test('is served by a container that starts again with nothing else', async () => {
    await rig.reloader.start();
    watch.offers(endpointsIndex(['shop/one:80']), 'endpoints');
    await serve(routesOf([ruleOf('one'), ruleOf('two')]));
    copy.begin();
    await pass(200, 2);
    expect(written).toEqual(['endpoints', 'routes']);
    await using fresh = await restarted();
    expect(fresh.ruleIds).toEqual(['shop/one/0', 'shop/two/0']);
    expect(fresh.endpoints).toEqual(rig.endpoints);
    expect(fresh.reloader.status.documents.routes).toMatchObject({ sequence: 1, source: 'Copy' });
  });

  test('can be read by nobody else', async () => {
    await rig.reloader.start();
    await serve(routesOf([ruleOf('one')]));
    copy.begin();
    await pass(200, 1);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  test('writes many changes at once, and keeps no part that the last does not name', async () => {
    await rig.reloader.start();
    copy.begin();
    for (let sequence = 1; sequence <= 20; sequence++) {
      await serve(routesOf([ruleOf(`version-${sequence}`)], { sequence }), sequence);
    }
    await pass(200, 1);
    expect(await readdir(folder)).toHaveLength(2);
    await serve(routesOf([ruleOf('version-21')], { sequence: 21 }), 21);
    timers.pass(999);
    expect(written).toHaveLength(1);
    await pass(1, 2);
    expect(await readdir(folder)).toHaveLength(2);
    await using fresh = await restarted();
    expect(fresh.ruleIds).toEqual(['shop/version-21/0']);
  });

  test('has a part that one index carried and the next one names in a slot', async () => {
    await rig.reloader.start();
    copy.begin();
    const carried = routesOf([ruleOf('one')], {}, true);
    watch.offers(carried.index);
    await rig.swapped('routes', 1);
    const { inline: _, ...part } = carried.part;
    watch.offers({ ...carried.index, sequence: 2, parts: [part] });
    await rig.swapped('routes', 2);
    await pass(200, 1);
    expect(failed).toEqual([]);
    expect(watch.asked).toEqual([]);
    await using fresh = await restarted();
    expect(fresh.ruleIds).toEqual(['shop/one/0']);
  });

  test('writes an unchanged part once', async () => {
    await rig.reloader.start();
    copy.begin();
    const { index, part, text } = routesOf([ruleOf('one')]);
    await serve({ index, part, text });
    await pass(200, 1);
    const path = join(folder, `routes-${part.hash}`);
    const before = await stat(path);
    watch.offers({ ...index, sequence: 2, revision: 'b'.repeat(64) });
    await rig.swapped('routes', 2);
    await pass(1_000, 2);
    expect((await stat(path)).ino).toBe(before.ino);
    expect(JSON.parse(await readFile(join(folder, 'routes.json'), 'utf8')).sequence).toBe(2);
  });

  test('leaves the copy of the process before alone until it begins', async () => {
    await rig.reloader.start();
    copy.begin();
    await serve(routesOf([ruleOf('newest')], { sequence: 9 }), 9);
    await pass(200, 1);
    const late = createCopy();
    const other = new MemorySource('Mount');
    await using fresh = new Rig([other.named, { name: 'Copy', source: new CopySource(folder) }], { keeper: late });
    await fresh.reloader.start();
    const older = routesOf([ruleOf('older')], { sequence: 8 });
    other.holds(older.part, older.text).offers(older.index);
    timers.pass(600_000);
    await late.close();
    await using again = await restarted();
    expect(again.ruleIds).toEqual(['shop/newest/0']);
  });

  test('is of no consequence when it is damaged', async () => {
    await rig.reloader.start();
    copy.begin();
    const { index, part, text } = routesOf([ruleOf('one')]);
    await serve({ index, part, text });
    await pass(200, 1);
    await writeFile(join(folder, `routes-${part.hash}`), text.slice(1));
    await using fresh = new Rig([{ name: 'Copy', source: new CopySource(folder) }, watch.named]);
    await fresh.reloader.start();
    await fresh.event('swapped');
    expect(fresh.ruleIds).toEqual(['shop/one/0']);
  });

  test('says so when it cannot be written, and writes it when it can', async () => {
    await writeFile(folder, 'no folder');
    await rig.reloader.start();
    copy.begin();
    await serve(routesOf([ruleOf('one')]));
    await pass(200, 1);
    expect(failed).toEqual(['routes: cannot be written: EEXIST']);
    expect(rig.ruleIds).toEqual(['shop/one/0']);
    await rm(folder);
    await pass(5_000, 2);
    await using fresh = await restarted();
    expect(fresh.ruleIds).toEqual(['shop/one/0']);
  });

  test('is never larger than its limit', async () => {
    await copy.close();
    copy = createCopy(3_000);
    await rig.reloader.close();
    rig = new Rig([watch.named], { keeper: copy });
    await rig.reloader.start();
    copy.begin();
    await serve(routesOf([ruleOf('one')]));
    await pass(200, 1);
    const many = Array.from({ length: 20 }, (_, number) => ruleOf(`many-${number}`));
    await serve(routesOf(many, { sequence: 2 }), 2);
    await pass(1_000, 2);
    expect(failed).toEqual([expect.stringMatching(/^routes: would have \d+ bytes, accepted are at most 3000$/)]);
    await using fresh = await restarted();
    expect(fresh.ruleIds).toEqual(['shop/one/0']);
  });

  test('is written before the process ends', async () => {
    await rig.reloader.start();
    copy.begin();
    await serve(routesOf([ruleOf('one')]));
    await copy.close();
    await using fresh = await restarted();
    expect(fresh.ruleIds).toEqual(['shop/one/0']);
  });

  test('of a table of 10,000 routes is written without a block of 10 ms of CPU time', async () => {
    const bytes = Buffer.alloc(400_000, 'x');
    const parts = Array.from({ length: 16 }, (_, part) => ({
      name: part.toString(16),
      slot: 'a' as const,
      hash: sha256(String(part)),
    }));
    const { index } = routesOf([], { parts });
    for (const { hash } of parts) copy.part({ kind: 'routes', hash, bytes });
    copy.served(index as DocumentIndex, JSON.stringify(index));
    copy.begin();
    const monitor = new EventLoopMonitor();
    await pass(200, 1);
    const { cpuMs } = monitor.takeLongest();
    monitor.close();
    expect(await readdir(folder)).toHaveLength(17);
    expect(cpuMs).toBeLessThan(10);
  });
});
