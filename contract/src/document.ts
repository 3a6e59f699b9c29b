import { z } from 'zod';
import type { PartEncoding, Slot } from './names.ts';
import { type FleetSettings, settingsSchema } from './routeTable.ts';

/*
 * The envelope of the three documents: an index and parts. A part's content stands in a slot of its own (`names.ts`), or inside
 * the index while the document is small. The index is written last and names every part by hash, so a mixed set is unusable
 * rather than wrong.
 */

/** The versions of the documents this build reads, ascending. */
export const readableVersions: readonly number[] = [1];

/**
 * Those that its operator may write, ascending; it takes the highest that every gateway of the fleet reads. A new version comes here one
 * minor release after it came to {@link readableVersions}: so the release before, which a rollback brings back, can read what it finds.
 */
export const writtenVersions: readonly number[] = [1];

/**
 * The features this build knows, of those that an index may list in `requires`. `policies`: rules or the fleet ask something of requests,
 * and who does not know how to ask would let everyone in.
 */
export const knownFeatures: readonly string[] = ['gzip', 'policies'];

/** A part's text has this many bytes at most: a reader that inflates one stops there. */
export const MAX_PART_BYTES: number = 32 * 1_048_576;

const sequence = z.number().int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const part = z.object({
  name: z.string().regex(/^[0-9a-f]{1,4}$/),
  slot: z.enum(['a', 'b']),
  /** SHA-256 of the part's text, hex, whatever its encoding. */
  hash,
  /** The part is stored compressed; the index lists `gzip` in `requires`. */
  encoding: z.literal('gzip').optional(),
  /** The part itself, while the document is small: its text, or what is encoded in base64. */
  inline: z.string().max(1_048_576).optional(),
});

const order = {
  fleetUID: z.string().max(64),
  epoch: sequence,
  sequence,
  /** SHA-256 over what the document says, hex: equal content, equal revision. */
  revision: hash,
};

const envelope = {
  version: z.number().int().min(1),
  fleet: z.object({ namespace: z.string().max(253), name: z.string().max(253) }),
  ...order,
  /** Features a reader must know; a reader that lacks one refuses the document. */
  requires: z.array(z.string().max(64)).max(64),
  parts: z.array(part).max(256),
};

const routesIndex = z.object({
  kind: z.literal('routes'),
  ...envelope,
  settings: settingsSchema,
  /** The sequences of the other two documents that these routes rely on. */
  needs: z.object({ endpoints: sequence, secrets: sequence }),
});

const endpointsIndex = z.object({
  kind: z.literal('endpoints'),
  ...envelope,
  /** Ready gateways of the fleet, for local shares of shared limits. */
  gateways: z.number().int().min(0),
});

const secretsIndex = z.object({ kind: z.literal('secrets'), ...envelope });

export const indexSchema: z.ZodDiscriminatedUnion<[typeof routesIndex, typeof endpointsIndex, typeof secretsIndex]> =
  z.discriminatedUnion('kind', [routesIndex, endpointsIndex, secretsIndex]);

export interface PartReference {
  readonly name: string;
  readonly slot: Slot;
  readonly hash: string;
  readonly encoding?: PartEncoding | undefined;
  readonly inline?: string | undefined;
}

/** Documents are ordered by (epoch, sequence), never by hash or arrival. */
export interface DocumentOrder {
  readonly fleetUID: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly revision: string;
}

interface Envelope extends DocumentOrder {
  readonly version: number;
  readonly fleet: { readonly namespace: string; readonly name: string };
  readonly requires: readonly string[];
  readonly parts: readonly PartReference[];
}

export interface RoutesIndex extends Envelope {
  readonly kind: 'routes';
  readonly settings: FleetSettings;
  readonly needs: { readonly endpoints: number; readonly secrets: number };
}

export interface EndpointsIndex extends Envelope {
  readonly kind: 'endpoints';
  readonly gateways: number;
}

export interface SecretsIndex extends Envelope {
  readonly kind: 'secrets';
}

export type DocumentIndex = RoutesIndex | EndpointsIndex | SecretsIndex;

/** A write of a document, as far as its place in their order goes. */
export type Position = Pick<DocumentOrder, 'epoch' | 'sequence'>;

/** Negative where `a` is older than `b`, 0 where they are the same write. */
export function compareOrder(a: Position, b: Position): number {
  return a.epoch - b.epoch || a.sequence - b.sequence;
}
