import type { Command } from '../machine/processes.ts';

/** Where a target listens, what it proxies to, and a directory of its own for its configuration. */
export interface Site {
  readonly port: number;
  readonly upstreamPort: number;
  readonly directory: string;
}

/** Whether a target can be run on this machine. */
export type Installation =
  | {
      readonly state: 'installed';
      readonly version: string;
      /** Writes the configuration and returns what starts the target in the foreground, as one process. */
      prepare(site: Site): Promise<Command>;
    }
  | {
      readonly state: 'missing';
      /** What to do, as a command where there is one. */
      readonly remedy: string;
    };

/** Something that proxies `benchPrefix` to the upstream on one thread. */
export interface Target {
  readonly name: TargetName;
  find(): Promise<Installation>;
}

export const targetNames = ['evergate', 'nginx', 'haproxy', 'envoy', 'fastify-http-proxy'] as const;
export type TargetName = (typeof targetNames)[number];

/** What each target waits for an upstream's answer. */
export const upstreamTimeoutSeconds = 30;

/** What each target waits for a connection to the upstream. */
export const connectTimeoutSeconds = 5;
