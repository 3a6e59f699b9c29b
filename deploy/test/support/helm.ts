import { fileURLToPath } from 'node:url';
import { type Finished, findProgram, finished } from '@evergate/operator/test/support/programs';
import { parseAllDocuments } from 'yaml';

export const chart: string = fileURLToPath(new URL('../../../charts/evergate', import.meta.url));

/** The version of Kubernetes that charts are rendered for. */
export const kubeVersion = '1.37.2';

export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

const remedy = [
  'The tests of the chart need Helm 3 and Helm 4, as programs named helm3 and helm4; a single helm is taken for both.',
  'Put them on the PATH or into KUBEBUILDER_ASSETS (https://helm.sh/docs/intro/install), for instance with Go:',
  '  go install helm.sh/helm/v4/cmd/helm@latest && go install helm.sh/helm/v3/cmd/helm@latest',
].join('\n');

/** The Helms that are here, by name. Throws, with what to install, where there is none. */
export function helms(): readonly string[] {
  const found = ['helm3', 'helm4'].flatMap((name) => findProgram(name) ?? []);
  const any = found.length > 0 ? found : [findProgram('helm') ?? ''].filter((path) => path !== '');
  if (any.length === 0) throw new Error(remedy);
  return any;
}

/** The newest Helm that is here. */
export function helm(): string {
  return helms().at(-1) as string;
}

/** Renders the chart with values as `--set-json` takes them. */
export function template(values: Readonly<Record<string, unknown>> = {}, program: string = helm()): Promise<Finished> {
  const set = Object.entries(values).flatMap(([path, value]) => ['--set-json', `${path}=${JSON.stringify(value)}`]);
  const release = ['template', 'evergate', chart, '--namespace', 'evergate-system', '--kube-version', kubeVersion];
  return finished(program, [...release, ...set]);
}

/** The objects that the chart renders to. Throws what Helm says where it refuses. */
export async function objects(
  values: Readonly<Record<string, unknown>> = {},
  program: string = helm(),
): Promise<readonly Rendered[]> {
  const { code, stdout, stderr } = await template(values, program);
  if (code !== 0) throw new Error(stderr);
  return readObjects(stdout);
}

/** Reads a stream of YAML documents; empty ones are left out. */
export function readObjects(text: string): readonly Rendered[] {
  const documents = parseAllDocuments(text, { version: '1.1' });
  return documents.flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    const value = document.toJS() as Rendered | null;
    return value === null ? [] : [value];
  });
}
