import { type Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { type DocumentKind, documentKinds } from '@evergate/contract/names';

const TIMEOUT_MS = 1_000;

/** Which write of each document a gateway serves; undefined for a document that none has come for. */
export type ServedWrites = Readonly<
  Record<DocumentKind, { readonly epoch: number; readonly sequence: number } | undefined>
>;

export interface RevisionAnswer {
  readonly writes: ServedWrites;
  /** Why the newest document was refused; empty while none is. */
  readonly refused: readonly string[];
}

/** Asks a gateway's status port what it serves. Undefined where it does not answer within a second. */
export async function askRevision(host: string, port: number, agent: Agent): Promise<RevisionAnswer | undefined> {
  try {
    const answer: unknown = JSON.parse(await fetchText(host, port, agent));
    const writes = documentKinds.map((kind) => [kind, readWrite(fieldOf(answer, kind))]);
    return { writes: Object.fromEntries(writes) as ServedWrites, refused: readProblems(fieldOf(answer, 'refused')) };
  } catch {
    return undefined;
  }
}

function fetchText(host: string, port: number, agent: Agent): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const request = get({ host, port, path: '/revision', agent, signal }, (response) => {
    text(response).then(resolve, reject);
  });
  request.on('error', reject);
  return promise;
}

function readWrite(served: unknown): { epoch: number; sequence: number } | undefined {
  const epoch = fieldOf(served, 'epoch');
  const sequence = fieldOf(served, 'sequence');
  return typeof epoch === 'number' && typeof sequence === 'number' ? { epoch, sequence } : undefined;
}

function readProblems(refused: unknown): readonly string[] {
  const problems = fieldOf(refused, 'problems');
  if (!Array.isArray(problems)) return [];
  return problems.map((problem) => `${String(fieldOf(problem, 'path'))}: ${String(fieldOf(problem, 'message'))}`);
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}
