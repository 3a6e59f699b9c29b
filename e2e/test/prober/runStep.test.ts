import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ApiCall } from '../../src/prober/apiClient.ts';
import { runStep } from '../../src/prober/runStep.ts';
import { defaultProbe, type Step, type StepResult } from '../../src/prober/step.ts';
import { closed, listening } from '../listening.ts';

/** Stands for a gateway pod: answers with what it serves. */
let serves: { status: number; body: string };
let pod: Server;
let port: number;

beforeEach(async () => {
  serves = { status: 200, body: 'old' };
  pod = createServer((_, response) => {
    response.statusCode = serves.status;
    response.end(serves.body);
  });
  port = await listening(pod);
});

afterEach(() => closed(pod));

const edit: Step = {
  name: 'edit',
  calls: [{ method: 'PATCH', path: '/route' }],
  question: { host: 'shop.test', path: '/' },
  until: { status: 200, body: 'new' },
  before: [{ status: 200, body: 'old' }],
};

function run(step: Step, change: () => void, programmed?: Promise<number | undefined>): Promise<StepResult> {
  const call = async <T>(_: ApiCall): Promise<T> => {
    setTimeout(change, 100);
    return { metadata: { generation: 2 } } as T;
  };
  const targets = [{ name: 'pod', address: '127.0.0.1', port }];
  const options = { ...defaultProbe, targets, steps: [step], limitMs: 2_000 };
  const heard = programmed ?? Promise.resolve(undefined);
  return runStep({ api: { call }, programmed: { programmed: () => heard }, options }, step);
}

test('a change is effective with the first answer that shows it', async () => {
  const result = await run(edit, () => {
    serves = { status: 200, body: 'new' };
  });
  expect(result.effectiveMs[0]).toBeGreaterThan(90);
  expect(result.unexpected).toEqual([]);
});

test('an answer from before the change that takes its time does not hide the change', async () => {
  pod.removeAllListeners('request');
  pod.on('request', (_, response) => {
    const { status, body } = serves;
    response.statusCode = status;
    setTimeout(() => response.end(body), body === 'old' ? 1_500 : 0);
  });
  const result = await run(edit, () => {
    serves = { status: 200, body: 'new' };
  });
  expect(result.effectiveMs[0]).toBeGreaterThan(90);
  expect(result.effectiveMs[0]).toBeLessThan(1_000);
});

test('a change that never shows is told as never', async () => {
  const result = await run(edit, () => {});
  expect(result.effectiveMs).toEqual([null]);
});

test('an answer that is neither as before nor as wanted is unexpected', async () => {
  const result = await run(edit, () => {
    serves = { status: 503, body: 'between' };
    setTimeout(() => {
      serves = { status: 200, body: 'new' };
    }, 100);
  });
  expect(result.unexpected[0]).toBe('pod: 503 between');
  expect(result.effectiveMs[0]).toBeGreaterThan(100);
});

test('a status that says too early that the change is live is untrue', async () => {
  const early = Promise.resolve(performance.now());
  const result = await run({ ...edit, programmed: 'shop/route' }, () => {}, early);
  expect(result.untrue[0]).toBe('pod: 200 old');
});

test('a status that says so after all have it is true', async () => {
  const later = new Promise<number>((resolve) => setTimeout(() => resolve(performance.now()), 500));
  const step = { ...edit, programmed: 'shop/route' };
  const result = await run(
    step,
    () => {
      serves = { status: 200, body: 'new' };
    },
    later,
  );
  expect(result.untrue).toEqual([]);
  expect(result.programmedMs).toBeGreaterThan(0);
});
