import { z } from 'zod';

const retrySettings = z.object({
  /** How often a request that may have reached a backend is sent again. Those of which nothing was sent do not count. */
  attempts: z.number().int().min(0).max(10),
  on: z.array(z.enum(['ConnectFailure', 'Reset', 'Timeout'])).max(3),
  /** Statuses after which it is sent again. */
  codes: z.array(z.number().int().min(400).max(599)).max(32),
  /** Requests with other methods are sent again only where nothing of them was sent. */
  methods: z.array(z.string().min(1).max(32)).max(8),
  /** The first wait is random from 0 to this, and the bound doubles with each. */
  backoffMs: z.number().int().min(0).max(60_000),
  /** Per backend and gateway: retries are at most this share of the requests of the last ten seconds, and so many a second beside. */
  budget: z.object({
    percent: z.number().min(0).max(100),
    minPerSecond: z.number().int().min(0).max(100_000),
  }),
});

export const retrySettingsSchema: typeof retrySettings = retrySettings;

/** How a rule's requests are tried again. */
export type RetrySettings = {
  readonly [K in keyof z.infer<typeof retrySettings>]: Readonly<z.infer<typeof retrySettings>[K]>;
};

/** What holds for a rule that says nothing; such rules, nearly all, leave it out of the table. */
export const defaultRetry: RetrySettings = {
  attempts: 1,
  on: ['ConnectFailure', 'Reset', 'Timeout'],
  codes: [502, 503],
  methods: ['GET', 'HEAD', 'OPTIONS'],
  backoffMs: 25,
  budget: { percent: 20, minPerSecond: 10 },
};
