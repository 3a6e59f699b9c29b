import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideProgram } from '@evergate/operator/test/support/programs';
import { freePorts } from '../load/evergate.ts';

const START_LIMIT_MS = 30_000;
const POLL_MS = 20;

const program = {
  name: 'nginx',
  debianPackage: 'nginx',
  path: 'usr/sbin/nginx',
  remedy: 'This test needs nginx 1.22 or newer on the PATH: apt-get install nginx, or brew install nginx',
};

/** Lets a worker run as whoever runs the tests, and keeps everything below the folder. */
function mainConfig(folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${folder}/${name};`,
  );
  const user = process.getuid?.() === 0 ? ['user root;'] : [];
  return [
    ...user,
    'daemon off;',
    'worker_processes 1;',
    `pid ${folder}/nginx.pid;`,
    `error_log ${folder}/error.log;`,
    'events {}',
    'http {',
    '  access_log off;',
    ...temporary,
    `  include ${folder}/evergate.conf;`,
    '}\n',
  ].join('\n');
}

/** A real nginx on a configuration of ours, with a folder of its own. */
export class Nginx {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(port: number, folder: string, process: ChildProcess) {
    this.port = port;
    this.#folder = folder;
    this.#process = process;
  }

  /** Starts it on a free port; `write` makes the configuration for that port, and for files of the folder. */
  static async start(write: (port: number, folder: string) => string): Promise<Nginx> {
    const nginx = await provideProgram(program);
    const folder = await mkdtemp(join(tmpdir(), 'evergate-nginx-'));
    const port = await freePorts(1);
    await writeFile(join(folder, 'evergate.conf'), write(port, folder));
    await writeFile(join(folder, 'nginx.conf'), mainConfig(folder));
    const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
    const running = new Nginx(port, folder, spawn(nginx, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
    await running.#listening();
    return running;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.kill('SIGTERM');
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #listening(): Promise<void> {
    const endsAt = performance.now() + START_LIMIT_MS;
    while (!(await accepts(this.port))) {
      if (this.#process.exitCode !== null) throw new Error(`nginx ended with ${this.#process.exitCode}`);
      if (performance.now() > endsAt) throw new Error('nginx does not listen');
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** A certificate for `shop.example.com` that signs itself, and its key, as files of a folder. */
export function selfSigned(folder: string): { readonly certificate: string; readonly key: string } {
  const files = { certificate: join(folder, 'shop.pem'), key: join(folder, 'shop.key') };
  const subject = ['-subj', '/CN=shop.example.com', '-addext', 'subjectAltName=DNS:shop.example.com'];
  const output = ['-keyout', files.key, '-out', files.certificate];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '1', ...kind, ...subject, ...output], { stdio: 'pipe' });
  return files;
}
