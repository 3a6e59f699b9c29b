import { writtenVersions } from '@evergate/contract/document';
import type { AnsweringPod } from './acknowledgement.ts';

/**
 * The version to write documents in: the highest of `written` that every gateway reads that may be sent requests or stays. It goes up from
 * `present`, that of the documents as they are, only when each of them has said what it reads: so a gateway that starts again in the middle
 * of an upgrade finds what it can read. It goes down as soon as one says so. Where nothing is stored it begins with the lowest.
 */
export function documentVersion(
  pods: readonly AnsweringPod[],
  present: number | undefined,
  written: readonly number[] = writtenVersions,
): number {
  const readers = pods.filter(({ pod }) => pod.mayReceive || !pod.terminating);
  const said = readers.map(readsOf).filter((reads) => reads.length > 0);
  const common = written.filter((version) => said.every((reads) => reads.includes(version)));
  const isKnown = readers.length > 0 && said.length === readers.length;
  const lowest = Math.min(...written);
  const highest = isKnown ? Math.max(...written) : (present ?? lowest);
  return Math.max(lowest, ...common.filter((version) => version <= highest));
}

/** The versions that a gateway says it reads; none where it does not answer. */
export function readsOf({ answer }: AnsweringPod): readonly number[] {
  return answer.outcome === 'Answered' ? answer.report.reads : [];
}
