import { z } from 'zod';
import { accessSchema, authSchema } from './authSettings.ts';
import { rateLimitSchema } from './limitSettings.ts';

const enforced = z.object({
  access: accessSchema.optional(),
  auth: authSchema.optional(),
  rateLimits: z.array(rateLimitSchema).max(8),
  /** Requests that nothing of it holds for. */
  exempt: z
    .array(
      z.object({
        /** Lower case; exact, `*.example.com`, or `*` for any. */
        hostname: z.string().min(1).max(253),
        /** Whole segments; `/` is every path. */
        pathPrefix: z.string().min(1).max(1024),
      }),
    )
    .max(64),
});

export const enforcedSchema: typeof enforced = enforced;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** What holds for every route of a fleet, whatever routes say. */
export type Enforced = DeepReadonly<z.infer<typeof enforced>>;
