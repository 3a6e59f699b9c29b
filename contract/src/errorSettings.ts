import { z } from 'zod';

const status = z.number().int().min(400).max(599);

const errorSettings = z.object({
  /** Who gets the reason in `x-evergate-reason`: nobody, proxies that are believed, or every client. */
  reasonHeader: z.enum(['Never', 'Trusted', 'Always']),
  /** The first one with the status is used, for clients whose `Accept` names its type. */
  pages: z
    .array(
      z.object({
        /** Ranges, both ends included. */
        statuses: z.array(z.tuple([status, status])).max(16),
        contentType: z.string().min(1).max(256),
        /** With `{status}`, `{reason}`, `{title}` and `{requestId}` to be filled in. */
        body: z.string().max(65_536),
      }),
    )
    .max(16),
});

export const errorSettingsSchema: typeof errorSettings = errorSettings;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** How a fleet's gateways answer what they answer themselves. */
export type ErrorSettings = DeepReadonly<z.infer<typeof errorSettings>>;

/** Of a fleet that says nothing. */
export const defaultErrors: ErrorSettings = { reasonHeader: 'Trusted', pages: [] };
