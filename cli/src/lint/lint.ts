import { fleetsOf, type LocalFleet } from '../fleet/fleets.ts';
import { translateFleet } from '../fleet/translateFleet.ts';
import { verdictFindings } from '../fleet/verdictFindings.ts';
import type { Contents } from '../manifests/catalogue.ts';
import type { FileFinding } from '../manifests/finding.ts';

export interface LintReport {
  /** By file, line and column. */
  readonly findings: readonly FileFinding[];
  readonly errors: number;
  readonly warnings: number;
  readonly objects: number;
}

/**
 * Judges everything that files say, as the operator would. What the files leave to a cluster is not judged: without a Service among
 * them, whether backends exist; without an EndpointSlice, whether they can be reached.
 */
export function lint(contents: Contents): LintReport {
  const translated = fleetsOf(contents).map((fleet: LocalFleet) => ({
    fleet,
    translation: translateFleet(contents, fleet),
  }));
  const kinds = new Set([...contents.manifests.values()].map(({ manifest }) => manifest.kind));
  const unjudged = new Set([
    ...(kinds.has('Service') ? [] : ['BackendNotFound', 'TargetNotFound']),
    ...(kinds.has('EndpointSlice') ? [] : ['NoEndpoints']),
  ]);
  const verdicts = verdictFindings(contents, translated).filter(({ check }) => !unjudged.has(check));
  const findings = [...contents.findings, ...verdicts].sort(compareFindings);
  const count = (severity: FileFinding['severity']): number =>
    findings.filter((one) => one.severity === severity).length;
  return { findings, errors: count('error'), warnings: count('warning'), objects: contents.manifests.size };
}

function compareFindings(a: FileFinding, b: FileFinding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
