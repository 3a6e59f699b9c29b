import { Agent } from 'node:http';

/** Below what servers allow an idle connection, as careful clients do. */
const IDLE_MS = 30_000;

interface Connection {
  readonly agent: Agent;
  underWay: number;
}

/**
 * Connections that are kept alive, all of them in use: requests take turns, also where one connection could carry them all. So each server
 * has the share of the requests that it has of the connections. One that waits for an answer is passed over while another does not.
 */
export class KeptConnections {
  readonly #connections: readonly Connection[];
  #turn = 0;

  constructor(count: number) {
    this.#connections = Array.from({ length: count }, () => {
      return { agent: new Agent({ keepAlive: true, maxSockets: 1, timeout: IDLE_MS }), underWay: 0 };
    });
  }

  /** Resolves as `send` does, which is given the connection whose turn it is. */
  async use<T>(send: (agent: Agent) => Promise<T>): Promise<T> {
    const connection = this.#next();
    connection.underWay += 1;
    try {
      return await send(connection.agent);
    } finally {
      connection.underWay -= 1;
    }
  }

  close(): void {
    for (const { agent } of this.#connections) agent.destroy();
  }

  #next(): Connection {
    const all = this.#connections;
    const inTurn = [...all.slice(this.#turn), ...all.slice(0, this.#turn)];
    const least = inTurn.reduce((best, one) => (one.underWay < best.underWay ? one : best));
    this.#turn = (all.indexOf(least) + 1) % all.length;
    return least;
  }
}
