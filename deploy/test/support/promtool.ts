import { type Finished, finished, provideProgram } from '@evergate/operator/test/support/programs';

const remedy = [
  'The tests of the alerts need promtool, of Prometheus 2.40 or newer. Put it on the PATH or into KUBEBUILDER_ASSETS:',
  "it comes with Debian's package prometheus, with Homebrew's, and with https://prometheus.io/download.",
].join('\n');

let promtool: Promise<string> | undefined;

/** Runs promtool to its end, whatever that is. */
export async function runPromtool(...args: readonly string[]): Promise<Finished> {
  promtool ??= provideProgram({
    name: 'promtool',
    debianPackage: 'prometheus',
    path: 'usr/bin/promtool',
    remedy,
  });
  return finished(await promtool, args);
}
