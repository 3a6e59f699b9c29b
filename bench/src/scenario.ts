/** The Host that the load names; Evergate's table has a rule for it among a hundred others. */
export const benchHost = 'bench.example.com';

/** The prefix that every target routes to the upstream. */
export const benchPrefix = '/bench';

/** The upstream answers here with the method and the length of the body that reached it. */
export const echoPath: string = `${benchPrefix}/echo`;

/** One kind of request, sent over and over. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly title: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Bytes that the client sends. */
  readonly requestBytes: number;
  /** Bytes that the upstream answers with. */
  readonly responseBytes: number;
}

export const scenarioNames = ['get100', 'get10k', 'post1k'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  get100: {
    name: 'get100',
    title: 'GET, answered with 100 bytes',
    method: 'GET',
    path: `${benchPrefix}/get100`,
    requestBytes: 0,
    responseBytes: 100,
  },
  get10k: {
    name: 'get10k',
    title: 'GET, answered with 10 KiB',
    method: 'GET',
    path: `${benchPrefix}/get10k`,
    requestBytes: 0,
    responseBytes: 10_240,
  },
  post1k: {
    name: 'post1k',
    title: 'POST of 1 KiB, answered with 100 bytes',
    method: 'POST',
    path: `${benchPrefix}/post1k`,
    requestBytes: 1_024,
    responseBytes: 100,
  },
};

/** The scenario whose CPU figures are held against the bounds. */
export const judgedScenario: ScenarioName = 'get100';

/**
 * A body of that many bytes that no target could know by itself: it repeats a word of this run only, so receiving it
 * proves that the request went through to the upstream.
 */
export function responseBody(word: string, bytes: number): string {
  return word.repeat(Math.ceil(bytes / word.length)).slice(0, bytes);
}
