import type { Finding } from '../translate/verdict.ts';
import type { AnsweringPod } from './acknowledgement.ts';
import { DOCUMENT_VERSION } from './documents.ts';

/**
 * Why documents must not be written: a gateway that stays could not read them. One that does not say what it reads, or does not answer,
 * stands in nobody's way.
 */
export function unreadable(pods: readonly AnsweringPod[], version: number = DOCUMENT_VERSION): Finding | undefined {
  for (const { pod, answer } of pods) {
    if (pod.terminating || answer.outcome !== 'Answered') continue;
    const { reads } = answer.report;
    if (reads.length === 0 || reads.includes(version)) continue;
    const found = `Pod ${pod.name} reads documents of version ${reads.join(', ')}, and this operator writes version ${version}`;
    const remedy = 'give the fleet an image whose version is at most one minor version from the operator';
    return { reason: 'GatewayRefused', message: `${found}; ${remedy}` };
  }
  return undefined;
}
