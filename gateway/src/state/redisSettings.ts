/** Where a fleet's Redis is, and how to speak to it: the table's settings with the secrets they name put in. */
export interface RedisSettings {
  readonly mode: 'Standalone' | 'Sentinel' | 'Cluster';
  /** The server itself, the Sentinels, or some nodes of the cluster. */
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
  /** What the Sentinels call the primary. */
  readonly primaryName?: string | undefined;
  readonly database: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  readonly tls?: RedisTls | undefined;
  readonly commandTimeoutMs: number;
}

export interface RedisTls {
  /** What the certificate must be for; the host without one. */
  readonly serverName?: string | undefined;
  /** PEM; the system's authorities without one. */
  readonly ca?: string | undefined;
}
