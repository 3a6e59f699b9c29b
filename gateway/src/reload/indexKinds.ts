import type { DocumentIndex, EndpointsIndex, RoutesIndex, SecretsIndex } from '@evergate/contract/document';

export function isRoutes(index: DocumentIndex): index is RoutesIndex {
  return index.kind === 'routes';
}

export function isEndpoints(index: DocumentIndex): index is EndpointsIndex {
  return index.kind === 'endpoints';
}

export function isSecrets(index: DocumentIndex): index is SecretsIndex {
  return index.kind === 'secrets';
}
