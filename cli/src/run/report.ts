import type { Translation } from '@evergate/operator/translate';
import type { FileFinding } from '../manifests/finding.ts';
import { formatFinding } from '../manifests/finding.ts';
import { describeStatus } from './routeStatus.ts';

/** More routes than these with one status share a line. */
const SHOWN_ROUTES = 10;

/** Where lines for people go. */
export interface Output {
  /** What happened. */
  say(line: string): void;
  /** What somebody has to look at. */
  warn(line: string): void;
}

/** Tells what changed from one table to the next: what files say wrong, and what became of each route. */
export class Report {
  readonly #output: Output;
  #findings: ReadonlyMap<string, FileFinding> = new Map();
  #statuses: ReadonlyMap<string, string> = new Map();

  constructor(output: Output) {
    this.#output = output;
  }

  findings(findings: readonly FileFinding[]): void {
    const before = this.#findings;
    this.#findings = new Map(findings.map((finding) => [formatFinding(finding), finding]));
    for (const [line, { severity }] of this.#findings) {
      if (before.has(line)) continue;
      if (severity === 'note') this.#output.say(line);
      else this.#output.warn(line);
    }
    const stillBad = filesWithErrors(this.#findings);
    for (const file of filesWithErrors(before)) if (!stillBad.has(file)) this.#output.say(`${file}: good again`);
  }

  routes(verdicts: Translation['routes']): void {
    const before = this.#statuses;
    this.#statuses = new Map(
      verdicts.map((verdict) => [`${verdict.route.namespace}/${verdict.route.name}`, describeStatus(verdict)]),
    );
    const changed = [...this.#statuses].filter(([route, status]) => before.get(route) !== status);
    for (const [status, routes] of Map.groupBy(changed, ([, status]) => status)) {
      if (routes.length > SHOWN_ROUTES) this.#output.say(`${routes.length} routes: ${status}`);
      else for (const [route] of routes) this.#output.say(`route ${route}: ${status}`);
    }
    for (const route of before.keys()) if (!this.#statuses.has(route)) this.#output.say(`route ${route}: gone`);
  }
}

function filesWithErrors(findings: ReadonlyMap<string, FileFinding>): ReadonlySet<string> {
  return new Set([...findings.values()].flatMap(({ file, severity }) => (severity === 'error' ? [file] : [])));
}
