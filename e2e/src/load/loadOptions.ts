/** What one run of load is. */
export interface LoadOptions {
  /** Lower-case letters, digits and dashes; no two runs may share it. */
  readonly run: string;
  /** Where to send to, with a path: `http://edge.infra/load`. */
  readonly target: string;
  readonly ratePerSecond: number;
  /** The longest it lasts; it can be stopped earlier. */
  readonly seconds: number;
  /** Kept-alive connections; requests take turns on them. */
  readonly connections: number;
  /** Of a hundred requests, how many use a connection of their own. */
  readonly freshPercent: number;
  /** Of a hundred requests, how many are POSTs with a body. */
  readonly postPercent: number;
  /** Sent with each request. `{number}` stands for its number, `{turn}` for one of five that take turns. */
  readonly headers: Readonly<Record<string, string>>;
  /** Who the upstream must be told asks, written as `headers` are; empty: nobody in particular. */
  readonly identity: string;
  /** Statuses that are right answers beside 200: those requests are refused, not lost. */
  readonly refusals: readonly number[];
  /** How often a GET that failed is sent again, on a fresh connection, before it counts as lost. */
  readonly getRetries: number;
  /** How long it waits before it is sent again: until those who choose a pod know of one that is gone. */
  readonly retryPauseMs: number;
  /** A request without a whole answer after this is lost. Longer than gateways wait, so that what is lost is not only late. */
  readonly timeoutMs: number;
  /** Downloads one after the other, of this many seconds each; 0: none. */
  readonly downloadSeconds: number;
  readonly webSocket: boolean;
  readonly eventStream: boolean;
}

export const defaultLoad: Omit<LoadOptions, 'run' | 'target'> = {
  ratePerSecond: 100,
  seconds: 300,
  connections: 24,
  freshPercent: 25,
  postPercent: 30,
  headers: {},
  identity: '',
  refusals: [],
  getRetries: 0,
  retryPauseMs: 3_000,
  timeoutMs: 40_000,
  downloadSeconds: 0,
  webSocket: false,
  eventStream: false,
};
