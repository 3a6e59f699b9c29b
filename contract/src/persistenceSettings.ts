import { z } from 'zod';

/* How the requests of one client stay with one endpoint. */

const persistence = z.object({
  cookie: z.object({
    name: z.string().min(1).max(128),
    /** Absent: the client keeps it until it ends. */
    maxAgeSeconds: z.number().int().min(1).max(31_536_000).optional(),
    sameSite: z.enum(['Strict', 'Lax', 'None']),
  }),
});

export const persistenceSchema: typeof persistence = persistence;

export interface PersistenceSettings {
  readonly cookie: {
    readonly name: string;
    readonly maxAgeSeconds?: number | undefined;
    readonly sameSite: 'Strict' | 'Lax' | 'None';
  };
}
