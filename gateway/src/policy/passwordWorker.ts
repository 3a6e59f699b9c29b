import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';

/* A thread that compares passwords with bcrypt hashes: each takes tens of milliseconds, which no request may wait for. */

interface Question {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

parentPort?.on('message', ({ id, password, hash }: Question) => {
  parentPort?.postMessage({ id, matches: matches(password, hash) });
});

function matches(password: string, hash: string): boolean {
  try {
    return compareSync(password, hash);
  } catch {
    return false;
  }
}
