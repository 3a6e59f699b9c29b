import { writtenVersions } from '@evergate/contract/document';
import type { Finding } from '../translate/verdict.ts';
import type { AnsweringPod } from './acknowledgement.ts';
import { readsOf } from './documentVersion.ts';

/**
 * Why documents must not be written: a gateway that stays could read none of the versions that this operator writes. One that does not say
 * what it reads, or does not answer, stands in nobody's way.
 */
export function unreadable(pods: readonly AnsweringPod[]): Finding | undefined {
  for (const answering of pods) {
    const { pod } = answering;
    const reads = readsOf(answering);
    if (pod.terminating || reads.length === 0 || reads.some((version) => writtenVersions.includes(version))) continue;
    const found = `Pod ${pod.name} reads documents of version ${reads.join(', ')}`;
    const writes = `this operator writes version ${writtenVersions.join(' or ')}`;
    const remedy = 'give the fleet an image whose version is at most one minor version from the operator';
    return { reason: 'GatewayRefused', message: `${found}, and ${writes}; ${remedy}` };
  }
  return undefined;
}
