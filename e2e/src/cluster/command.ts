import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface CommandOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 180_000;
const MAX_SHOWN = 4_000;

/** Runs a program and resolves with what it printed. Rejects with what it said when it fails or takes longer than three minutes. */
export async function command(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { input, env = process.env, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs });
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [status, out, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (status === 0) return out;
  throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${(errors || out).slice(-MAX_SHOWN)}`);
}
