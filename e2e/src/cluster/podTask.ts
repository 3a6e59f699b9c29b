import { setTimeout as delay } from 'node:timers/promises';
import { podPorts } from '../podPorts.ts';
import type { TaskReport } from '../tasks/taskServer.ts';
import type { Kubectl } from './kubectl.ts';

/** Each question is a process that takes a tenth of a second of processor: none during most series. */
const WAIT_MS = 120_000;
const RETRY_MS = 1_000;

/** A pod that does tasks. */
export interface Worker {
  readonly namespace: string;
  readonly pod: string;
}

/** A task in a pod, asked about through the API server's proxy; when the API server is away, asked again until it is back. */
export class PodTask<Result, Progress = unknown> {
  readonly #kubectl: Kubectl;
  readonly #base: string;
  readonly #id: string;

  private constructor(kubectl: Kubectl, base: string, id: string) {
    this.#kubectl = kubectl;
    this.#base = base;
    this.#id = id;
  }

  static async start<Result, Progress = unknown>(
    kubectl: Kubectl,
    worker: Worker,
    name: string,
    input: unknown,
  ): Promise<PodTask<Result, Progress>> {
    const base = `/api/v1/namespaces/${worker.namespace}/pods/${worker.pod}:${podPorts.tasks}/proxy/tasks`;
    const { id } = await kubectl.post<TaskReport>(`${base}/${name}`, input);
    return new PodTask(kubectl, base, id);
  }

  /** Resolves when what the task tells of its progress satisfies; rejects when it ended before, or after `timeoutMs`. */
  async reaches(satisfies: (progress: Progress) => boolean, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const report = await this.#ask(0);
      if (report.state !== 'running') throw new Error(`${this.#id} ended early: ${report.error ?? 'done'}`);
      if (report.progress !== undefined && satisfies(report.progress as Progress)) return;
      if (performance.now() > deadline) throw new Error(`${this.#id} stands at ${JSON.stringify(report.progress)}`);
      await delay(RETRY_MS / 4);
    }
  }

  /** Asks it to end; {@link result} waits for that. */
  async stop(): Promise<void> {
    await this.#kubectl.post(`${this.#base}/${this.#id}/stop`, {});
  }

  /** What it found out. Rejects when it failed, or is not done after `timeoutMs`. */
  async result(timeoutMs: number): Promise<Result> {
    const deadline = performance.now() + timeoutMs;
    let failure: unknown;
    while (performance.now() < deadline) {
      try {
        const report = await this.#ask(Math.min(WAIT_MS, Math.ceil(deadline - performance.now())));
        if (report.state === 'done') return report.result as Result;
        if (report.state === 'failed') throw new TaskFailed(`${this.#id} failed: ${report.error}`);
      } catch (error) {
        if (error instanceof TaskFailed) throw error;
        failure = error;
        await delay(RETRY_MS);
      }
    }
    throw new Error(`${this.#id} was not done after ${timeoutMs} ms`, { cause: failure });
  }

  #ask(waitMs: number): Promise<TaskReport> {
    return this.#kubectl.raw<TaskReport>(`${this.#base}/${this.#id}?waitMs=${waitMs}`);
  }
}

class TaskFailed extends Error {}
