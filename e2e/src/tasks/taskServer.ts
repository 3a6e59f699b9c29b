import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';

const MAX_RUNNING = 4;
const MAX_REMEMBERED = 64;
/** Longer than the series that are timed: who asks again and again is a neighbour to what is measured. */
const MAX_WAIT_MS = 150_000;

/** Work that a pod does when it is asked. `progress` is what those who watch are told. */
export type Task = (input: unknown, signal: AbortSignal, progress: (value: unknown) => void) => Promise<unknown>;

/** What is known of a task. */
export interface TaskReport {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly progress?: unknown;
  readonly result?: unknown;
  readonly error?: string;
}

interface RunningTask {
  report: TaskReport;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/**
 * `POST /tasks/<name>` starts one with the body as its input and answers with its id; `GET /tasks/<id>?waitMs=N` tells of it, after it ended
 * or N milliseconds; `POST /tasks/<id>/stop` asks it to end.
 */
export class TaskServer {
  readonly server: Server;
  readonly #tasks: Readonly<Record<string, Task>>;
  readonly #known = new Map<string, RunningTask>();
  #started = 0;

  constructor(tasks: Readonly<Record<string, Task>>) {
    this.#tasks = tasks;
    this.server = createServer((request, response) => {
      this.#answer(request).then(
        (body) => response.end(JSON.stringify(body)),
        (error: unknown) => {
          response.statusCode = 400;
          response.end(JSON.stringify({ error: String(error) }));
        },
      );
    });
  }

  async #answer(request: IncomingMessage): Promise<unknown> {
    const url = new URL(request.url ?? '/', 'http://pod');
    const [, root, name = '', verb] = url.pathname.split('/');
    if (root !== 'tasks') return { status: 'UP' };
    if (request.method !== 'POST') return this.#wait(this.#task(name), Number(url.searchParams.get('waitMs') ?? 0));
    if (verb !== 'stop') return this.#start(name, JSON.parse(await text(request)));
    const task = this.#task(name);
    task.stop.abort(new Error('stopped'));
    return task.report;
  }

  #task(id: string): RunningTask {
    const task = this.#known.get(id);
    if (task === undefined) throw new Error(`no task ${id}`);
    return task;
  }

  async #wait(task: RunningTask, waitMs: number): Promise<TaskReport> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(waitMs, MAX_WAIT_MS));
    await Promise.race([task.ended, promise]);
    clearTimeout(timer);
    return task.report;
  }

  #start(name: string, input: unknown): TaskReport {
    const run = this.#tasks[name];
    if (run === undefined) throw new Error(`no task is called ${name}`);
    const running = [...this.#known.values()].filter(({ report }) => report.state === 'running');
    if (running.length >= MAX_RUNNING) throw new Error(`${running.length} tasks are running`);
    this.#started += 1;
    const id = `${name}-${this.#started}`;
    const stop = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const task: RunningTask = { report: { id, state: 'running' }, stop, ended };
    run(input, stop.signal, (progress) => {
      task.report = { id, state: 'running', progress };
    })
      .then(
        (result) => {
          task.report = { id, state: 'done', result };
        },
        (error: unknown) => {
          task.report = {
            id,
            state: 'failed',
            error: error instanceof Error ? (error.stack ?? error.message) : `${error}`,
          };
        },
      )
      .finally(resolve);
    this.#remember(id, task);
    return task.report;
  }

  /** Forgets the oldest that ended. */
  #remember(id: string, task: RunningTask): void {
    this.#known.set(id, task);
    if (this.#known.size <= MAX_REMEMBERED) return;
    const oldest = [...this.#known].find(([, { report }]) => report.state !== 'running');
    if (oldest !== undefined) this.#known.delete(oldest[0]);
  }
}
