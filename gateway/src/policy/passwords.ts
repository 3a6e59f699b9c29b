import { scrypt, timingSafeEqual } from 'node:crypto';
import { Worker } from 'node:worker_threads';

/** Comparisons under way. Beyond, somebody is trying passwords, and memory and patience end. */
const MAX_WAITING = 64;
/** 128 * N * r bytes: N = 2^15 with r = 8 takes 32 MiB. */
const MAX_SCRYPT_BYTES = 67_108_864;

/** The file beside this one, as source or as emitted. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './passwordWorker.ts' : './passwordWorker.js',
  import.meta.url,
);

interface Waiting {
  readonly resolve: (matches: boolean) => void;
  readonly reject: (error: Error) => void;
}

/** Compares passwords with bcrypt or scrypt hashes, off the main thread, a bounded number at a time. */
export class Passwords {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;
  #scrypts = 0;

  /** Whether `hash` is of `password`. Rejects where too many wait, or the thread failed. A hash of another kind matches nothing. */
  async matches(password: string, hash: string): Promise<boolean> {
    if (this.#waiting.size + this.#scrypts >= MAX_WAITING) throw new Error('too many passwords are being compared');
    if (hash.startsWith('$scrypt$')) return this.#scrypt(password, hash);
    return this.#bcrypt(password, hash);
  }

  close(): void {
    void this.#worker?.terminate();
  }

  #bcrypt(password: string, hash: string): Promise<boolean> {
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#waiting.set(id, { resolve, reject });
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, password, hash });
    return promise;
  }

  #start(): Worker {
    const worker = new Worker(workerFile);
    worker.unref();
    worker.on('message', ({ id, matches }: { readonly id: number; readonly matches: boolean }) => {
      this.#waiting.get(id)?.resolve(matches);
      this.#waiting.delete(id);
    });
    worker.on('error', () => this.#failed(worker));
    worker.on('exit', () => this.#failed(worker));
    return worker;
  }

  #failed(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(new Error('the thread that compares passwords ended'));
    this.#waiting.clear();
  }

  /** The libuv pool's threads compute it. */
  async #scrypt(password: string, hash: string): Promise<boolean> {
    const parameters = readScrypt(hash);
    if (parameters === undefined) return false;
    const { salt, expected, ...options } = parameters;
    this.#scrypts++;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    scrypt(password, salt, expected.length, { ...options, maxmem: MAX_SCRYPT_BYTES }, (error, key) => {
      this.#scrypts--;
      resolve(error === null && timingSafeEqual(key, expected));
    });
    return promise;
  }
}

/** `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, both in base64: the PHC string format. */
function readScrypt(hash: string) {
  const [, ln, r, p, salt, digest] =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/=]{1,128})\$([A-Za-z0-9+/=]{16,128})$/.exec(hash) ??
    [];
  if (salt === undefined || digest === undefined) return undefined;
  const parameters = { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
  if (128 * parameters.N * parameters.r > MAX_SCRYPT_BYTES || parameters.p < 1 || parameters.p > 4) return undefined;
  return { ...parameters, salt: Buffer.from(salt, 'base64'), expected: Buffer.from(digest, 'base64') };
}
