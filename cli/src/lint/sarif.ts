import { pathToFileURL } from 'node:url';
import type { FileFinding } from '../manifests/finding.ts';
import type { LintReport } from './lint.ts';

/** Writes a report as a SARIF 2.1.0 log (OASIS), which code review tools show beside the lines. */
export function formatSarif({ findings }: LintReport): object {
  const checks = [...new Set(findings.map(({ check }) => check))].sort();
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'evergate', rules: checks.map((id) => ({ id })) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => ({
          ruleId: finding.check,
          ruleIndex: checks.indexOf(finding.check),
          level: finding.severity,
          message: { text: messageOf(finding) },
          locations: [locationOf(finding)],
        })),
      },
    ],
  };
}

function messageOf({ object, path, message }: FileFinding): string {
  return [object, path === '' ? undefined : path, message].filter((part) => part !== undefined).join(': ');
}

function locationOf({ file, line, column }: FileFinding): object {
  const artifactLocation = { uri: uriOf(file) };
  return { physicalLocation: { artifactLocation, region: { startLine: line, startColumn: column } } };
}

/** Relative paths stay relative, so that a report fits every checkout. */
function uriOf(file: string): string {
  if (file.startsWith('/')) return pathToFileURL(file).href;
  return file.split(/[\\/]/).map(encodeURIComponent).join('/');
}
