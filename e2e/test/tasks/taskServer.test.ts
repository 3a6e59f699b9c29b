import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Task, type TaskReport, TaskServer } from '../../src/tasks/taskServer.ts';
import { closed, listening } from '../listening.ts';

const double: Task = async (input, _, progress) => {
  progress('half way');
  return Number(input) * 2;
};
const fail: Task = async () => {
  throw new Error('it broke');
};
const untilStopped: Task = (_, signal) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve('stopped')));

const { server } = new TaskServer({ double, fail, untilStopped });
let base = '';

beforeAll(async () => {
  base = `http://127.0.0.1:${await listening(server)}/tasks`;
});

afterAll(() => closed(server));

async function post(path: string, body: unknown): Promise<TaskReport> {
  const response = await fetch(`${base}/${path}`, { method: 'POST', body: JSON.stringify(body) });
  return (await response.json()) as TaskReport;
}

async function wait(id: string): Promise<TaskReport> {
  return (await (await fetch(`${base}/${id}?waitMs=10000`)).json()) as TaskReport;
}

test('a task takes its input and leaves its result', async () => {
  const { id } = await post('double', 21);
  expect(await wait(id)).toMatchObject({ state: 'done', result: 42 });
});

test('a task that fails says why', async () => {
  const { id } = await post('fail', {});
  expect(await wait(id)).toMatchObject({ state: 'failed', error: expect.stringContaining('it broke') });
});

test('a task ends when it is asked to', async () => {
  const { id } = await post('untilStopped', {});
  expect((await post(`${id}/stop`, {})).state).toBe('running');
  expect(await wait(id)).toMatchObject({ state: 'done', result: 'stopped' });
});

test('a task that nobody knows is refused', async () => {
  expect(await post('triple', 1)).toEqual({ error: 'Error: no task is called triple' });
});
