import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { benchHost, echoPath, responseBody, type Scenario } from './scenario.ts';

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

/**
 * Proves that what listens on `port` proxies the scenario to the upstream: status 200, the body of this run, and a request body
 * that arrives there. Rejects with what was found instead; the signal bounds the time.
 */
export async function verifyProxying(
  port: number,
  scenario: Scenario,
  word: string,
  signal: AbortSignal,
): Promise<void> {
  const answer = await send(port, scenario, scenario.path, signal);
  const expected = responseBody(word, scenario.responseBytes);
  if (answer.status !== 200 || answer.body !== expected) throw unexpected(scenario.path, answer, expected);
  if (scenario.requestBytes === 0) return;
  const echo = await send(port, scenario, echoPath, signal);
  const accepted = [`${scenario.method} ${scenario.requestBytes}`, `${scenario.method} chunked`];
  if (echo.status !== 200 || !accepted.includes(echo.body)) throw unexpected(echoPath, echo, accepted.join(' or '));
}

function send(port: number, scenario: Scenario, path: string, signal: AbortSignal): Promise<Answer> {
  const headers = {
    host: benchHost,
    ...(scenario.requestBytes > 0 && {
      'content-type': 'application/octet-stream',
      'content-length': scenario.requestBytes,
    }),
  };
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method: scenario.method, headers, signal, agent: false };
    const outgoing = request(options, (incoming) => {
      text(incoming).then((body) => resolve({ status: incoming.statusCode, body }), reject);
    });
    outgoing.once('error', reject);
    outgoing.end('x'.repeat(scenario.requestBytes));
  });
}

function unexpected(path: string, answer: Answer, expected: string): Error {
  const found = `${answer.status} with ${answer.body.length} bytes ${JSON.stringify(answer.body.slice(0, 120))}`;
  return new Error(`${path} was answered ${found}; expected 200 with ${JSON.stringify(expected.slice(0, 120))}`);
}
