import type { Position } from '@evergate/contract/document';
import type { Publication } from './publication.ts';

/** The routes that are published, and what stands beside them. */
export interface PublishedTable extends Position {
  /** The write of the secrets beside it. */
  readonly secretsAt: Position;
  readonly revision: string;
  /** Tells this state of the three documents from any other. */
  readonly documents: string;
}

export function tableOf({ state }: Publication): PublishedTable {
  const { routes, endpoints, secrets } = state;
  const { epoch, sequence, revision } = routes;
  const documents = [epoch, sequence, endpoints.sequence, secrets.sequence].join('.');
  return { epoch, sequence, revision, documents, secretsAt: { epoch: secrets.epoch, sequence: secrets.sequence } };
}
