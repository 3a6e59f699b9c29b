import { type Finished, findProgram, finished } from '@evergate/operator/test/support/programs';
import { chart, kubeVersion, rendered } from '../../src/helm.ts';
import type { Rendered } from '../../src/kustomize.ts';

const remedy = [
  'The tests of the chart need Helm 3 and Helm 4, as programs named helm3 and helm4; a single helm is taken for both.',
  'Put them on the PATH or into KUBEBUILDER_ASSETS (https://helm.sh/docs/intro/install), for instance with Go:',
  '  go install helm.sh/helm/v4/cmd/helm@latest && go install helm.sh/helm/v3/cmd/helm@latest',
].join('\n');

/** The Helms that are here, by their paths. Throws, with what to install, where there is none. */
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

/** Renders the chart, and resolves with what Helm says, be it a refusal. */
export function template(values: Readonly<Record<string, unknown>>, program: string): Promise<Finished> {
  const set = Object.entries(values).flatMap(([path, value]) => ['--set-json', `${path}=${JSON.stringify(value)}`]);
  return finished(program, ['template', 'evergate', chart, '--kube-version', kubeVersion, ...set]);
}

/** The objects that the chart renders to. */
export function objects(
  values: Readonly<Record<string, unknown>> = {},
  program: string = helm(),
): Promise<readonly Rendered[]> {
  return rendered(program, values);
}
