import { appendFile, mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Directory, type DirectoryOptions, type FileEvent } from '../../src/reload/directory.ts';
import type { Timers } from '../../src/reload/timers.ts';

let root: string;
let directory: Directory | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'evergate-directory-'));
});

afterEach(async () => {
  await directory?.close();
  directory = undefined;
  await rm(root, { recursive: true });
});

/** Lets a turn of the event loop pass until `holds`; a wait without an end would keep the process alive after its test failed. */
async function until(holds: () => boolean): Promise<void> {
  const endsAt = performance.now() + 4_000;
  while (!holds()) {
    if (performance.now() > endsAt) throw new Error('what the test waits for did not come within 4 s');
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Collects what is reported; `seen` resolves when a line is there, lines being `name=text`, `name deleted`, `name: problem`. */
class Journal {
  readonly lines: string[] = [];
  #wake: () => void = () => {};

  readonly report = (events: readonly FileEvent[]): void => {
    this.lines.push(...events.map(lineOf));
    this.#wake();
  };

  async seen(line: string): Promise<void> {
    while (!this.lines.includes(line)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function lineOf(event: FileEvent): string {
  const name = basename(event.path);
  if (event.type === 'changed') return `${name}=${event.text}`;
  return event.type === 'deleted' ? `${name} deleted` : `${name}: ${event.message}`;
}

async function watchRoot(options: DirectoryOptions = {}): Promise<Journal> {
  const journal = new Journal();
  directory = new Directory(root, options, journal.report);
  await directory.start();
  return journal;
}

async function replace(name: string, text: string): Promise<void> {
  await writeFile(join(root, `.${name}.tmp`), text);
  await rename(join(root, `.${name}.tmp`), join(root, name));
}

/** Real timers, but the clock and the settling of files are the test's: nothing settles until `pass` is called. */
class HeldTimers implements Timers {
  #now = Date.now();
  readonly #waiting = new Map<() => void, number>();

  readonly now = (): number => this.#now;

  after(delayMs: number, run: () => void): () => void {
    this.#waiting.set(run, this.#now + delayMs);
    return () => this.#waiting.delete(run);
  }

  pass(ms: number): void {
    this.#now += ms;
    for (const [run, at] of this.#waiting) {
      if (at > this.#now) continue;
      this.#waiting.delete(run);
      run();
    }
  }

  /** Resolves when something waits for at most `ms`. */
  asked(ms: number): Promise<void> {
    return until(() => [...this.#waiting.values()].some((at) => at <= this.#now + ms));
  }
}

describe('Directory', () => {
  test('reports what is there at the start', async () => {
    await replace('a', 'one');
    const timers = new HeldTimers();
    timers.pass(200);
    const journal = await watchRoot({ timers });
    expect(journal.lines).toEqual(['a=one']);
  });

  test('takes a file that a rename replaced at once', async () => {
    await replace('a', 'one');
    const timers = new HeldTimers();
    timers.pass(200);
    const journal = await watchRoot({ timers });
    await replace('a', 'two');
    await journal.seen('a=two');
  });

  test('takes a file that is written in place when it has settled, never half of it', async () => {
    await replace('a', 'one');
    const journal = await watchRoot({ settleMs: 50 });
    await journal.seen('a=one');
    await writeFile(join(root, 'a'), 'half');
    await appendFile(join(root, 'a'), ' and half');
    await journal.seen('a=half and half');
    expect(journal.lines).toEqual(['a=one', 'a=half and half']);
  });

  test('does not take what has not settled yet', async () => {
    const timers = new HeldTimers();
    const journal = await watchRoot({ timers });
    await writeFile(join(root, 'a'), 'half');
    await timers.asked(101);
    await appendFile(join(root, 'a'), ' and half');
    // Whether the look that this wakes is the first to see the second half, or a hint of it came before, either may be so.
    timers.pass(101);
    await until(() => {
      timers.pass(101);
      return journal.lines.length > 0;
    });
    expect(journal.lines[0]).toBe('a=half and half');
  });

  test('reports a deleted file once it has been gone for a while, and none that an editor only replaces', async () => {
    await replace('a', 'one');
    await replace('b', 'one');
    const timers = new HeldTimers();
    timers.pass(200);
    const journal = await watchRoot({ timers });
    await unlink(join(root, 'a'));
    await rename(join(root, 'b'), join(root, '.b.backup'));
    await timers.asked(101);
    await replace('b', 'two');
    timers.pass(101);
    await journal.seen('a deleted');
    await journal.seen('b=two');
    expect(journal.lines).not.toContain('b deleted');
  });

  test('sees the kubelet swap the link to a whole volume', async () => {
    const publish = async (version: string, text: string): Promise<void> => {
      await mkdir(join(root, version));
      await writeFile(join(root, version, 'a'), text);
      await symlink(version, join(root, '..data_tmp'));
      await rename(join(root, '..data_tmp'), join(root, '..data'));
    };
    await publish('..1', 'one');
    await symlink('..data/a', join(root, 'a'));
    const journal = await watchRoot({ pollMs: 600_000 });
    await journal.seen('a=one');
    for (const version of ['two', 'three', 'four']) {
      await publish(`..${version}`, version);
      await journal.seen(`a=${version}`);
    }
  });

  test('ignores names that begin with a dot and those it is told not to accept', async () => {
    await replace('.hidden', 'x');
    await replace('a.txt', 'x');
    await replace('a.yaml', 'one');
    const journal = await watchRoot({ accepts: (name) => name.endsWith('.yaml') });
    await replace('.hidden', 'y');
    await replace('a.txt', 'y');
    await replace('a.yaml', 'two');
    await journal.seen('a.yaml=two');
    expect(journal.lines.filter((line) => !line.startsWith('a.yaml'))).toEqual([]);
  });

  test('follows folders that come and go, where it is told to', async () => {
    await mkdir(join(root, 'there'));
    await writeFile(join(root, 'there', 'a'), 'one');
    const journal = await watchRoot({ recursive: true, pollMs: 600_000 });
    await journal.seen('a=one');
    await mkdir(join(root, 'new', 'deep'), { recursive: true });
    await writeFile(join(root, 'new', 'deep', 'b'), 'two');
    await journal.seen('b=two');
    await rm(join(root, 'there'), { recursive: true });
    await journal.seen('a deleted');
  });

  test('leaves folders alone otherwise', async () => {
    await mkdir(join(root, 'there'));
    await writeFile(join(root, 'there', 'a'), 'one');
    const journal = await watchRoot();
    await replace('b', 'two');
    await journal.seen('b=two');
    expect(journal.lines).toEqual(['b=two']);
  });

  test('reports a file that cannot be read once, and its text when it can', async () => {
    await replace('a', 'x'.repeat(20));
    const journal = await watchRoot({ limitBytes: 10, settleMs: 20, pollMs: 20 });
    await journal.seen('a: has 20 bytes, accepted are at most 10');
    await replace('b', 'seen later');
    await journal.seen('b=seen later');
    await replace('a', 'short');
    await journal.seen('a=short');
    expect(journal.lines).toHaveLength(3);
  });

  test('reports a link that leads nowhere, and that it is gone', async () => {
    await symlink(join(root, 'nobody'), join(root, 'link'));
    const journal = await watchRoot({ settleMs: 10, pollMs: 50 });
    await journal.seen('link: is a link that leads to no file');
    await unlink(join(root, 'link'));
    await journal.seen('link deleted');
  });

  test('waits for a directory that is not there yet, and sees one that was replaced', async () => {
    await rm(root, { recursive: true });
    const journal = await watchRoot({ settleMs: 20, pollMs: 30 });
    expect(journal.lines).toEqual([`${basename(root)}: cannot be listed: ENOENT`]);
    await mkdir(root);
    await replace('a', 'one');
    await journal.seen('a=one');
    await rename(root, `${root}-old`);
    await mkdir(root);
    await replace('a', 'two');
    await journal.seen('a=two');
    await rm(`${root}-old`, { recursive: true });
  });

  test('reads only what changed', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, number) => replace(`file-${number}`, 'one')));
    const journal = await watchRoot({ pollMs: 20 });
    await journal.seen('file-49=one');
    await replace('file-7', 'two');
    await journal.seen('file-7=two');
    expect(journal.lines.filter((line) => line.endsWith('=two'))).toEqual(['file-7=two']);
    expect(new Set(journal.lines).size).toBe(journal.lines.length);
  });

  test.each([
    ['renamed', replace],
    ['written in place', (name: string, text: string) => writeFile(join(root, name), text)],
  ])('ends up with the last of 1,000 quick edits of several files, %s', async (_, edit) => {
    const journal = await watchRoot({ pollMs: 600_000 });
    const latest = new Map<string, string>();
    for (let number = 0; number < 1000; number++) {
      const name = `file-${number % 7}`;
      const text = String(number % 10);
      latest.set(name, text);
      await edit(name, text);
    }
    const reported = (name: string): string | undefined =>
      journal.lines.findLast((line) => line.startsWith(`${name}=`));
    for (const [name, text] of latest) await until(() => reported(name) === `${name}=${text}`);
  });

  test('reports nothing after it is closed', async () => {
    const journal = await watchRoot({ settleMs: 0 });
    await directory?.close();
    await replace('a', 'one');
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(journal.lines).toEqual([]);
  });
});
