import { Command, InvalidArgumentError, Option } from 'commander';
import { explainRequest } from './explain/explain.ts';
import { formatExplanation } from './explain/format.ts';
import { chooseFleet, fleetsOf } from './fleet/fleets.ts';
import { translateFleet } from './fleet/translateFleet.ts';
import { formatReport, lintFormats } from './lint/format.ts';
import { lint } from './lint/lint.ts';
import { loadFiles } from './manifests/loadFiles.ts';
import { runCommand } from './run/command.ts';

const program = new Command('evergate')
  .description('A highly available API gateway: run it here, and check what it would do elsewhere.')
  .showHelpAfterError('(evergate --help says more)');

program
  .command('run')
  .description('Serve manifests on this machine: several gateways on one port, which follow every edit.')
  .argument('<folders...>', 'folders with GatewayRoutes, Services and EndpointSlices, in YAML files at any depth')
  .option('--replicas <count>', 'how many gateways', wholeNumber(1, 64), 3)
  .option('--host <address>', 'the IP address to listen on; 0.0.0.0 for all', '127.0.0.1')
  .option(
    '--port <port>',
    'the port of the first listener; each further one has the next',
    wholeNumber(1, 65_535),
    8080,
  )
  .option('--status-port <port>', 'the status port of the first gateway', wholeNumber(1, 65_535), 9090)
  .option('--admin-port <port>', 'the admin port of the first gateway, on loopback', wholeNumber(1, 65_535), 9190)
  .option('--fleet <namespace/name>', 'the GatewayFleet to serve, where there are several')
  .option('--timings', 'say with each table where the time went', false)
  .action((folders: readonly string[], options) => runCommand({ folders, ...options }));

program
  .command('lint')
  .description('Check manifests, and say of every problem where it is and what would be accepted.')
  .argument('<paths...>', 'folders (with all below them), files, or - for standard input')
  .addOption(new Option('-o, --output <format>', 'how to write what was found').choices(lintFormats).default('text'))
  .action(async (paths: readonly string[], { output }) => {
    const report = lint(await loadFiles(paths));
    process.stdout.write(formatReport(report, output));
    process.exitCode = report.errors > 0 ? 1 : 0;
  });

program
  .command('explain')
  .description(
    'Say what a gateway would do with a request, and why: each candidate rule and the first condition that fails.',
  )
  .argument('<paths...>', 'folders (with all below them), files, or - for standard input')
  .requiredOption('--host <host>', 'the host the request names, with its port if it has one')
  .requiredOption('--path <path>', 'the path and query the request asks for')
  .option('-X, --method <method>', 'the method of the request', 'GET')
  .option('-H, --header <field>', "a header of the request, 'name: value'; as often as needed", addHeader, [])
  .option('--listener <name>', 'the listener it comes in by; the first one by default')
  .option('--fleet <namespace/name>', 'the GatewayFleet it comes to, where there are several')
  .action(async (paths: readonly string[], { host, path, method, header, listener, fleet }) => {
    const contents = await loadFiles(paths);
    const chosen = chooseFleet(fleetsOf(contents), fleet);
    if ('problem' in chosen) throw new Error(chosen.problem);
    const asked = { authority: host, target: path, method, headers: header, listener };
    process.stdout.write(formatExplanation(explainRequest(translateFleet(contents, chosen), asked)));
    const { errors } = lint(contents);
    if (errors > 0) process.stderr.write(`evergate: ${errors} errors in the files; evergate lint says which\n`);
  });

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^[0-9]+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`);
  };
}

function addHeader(field: string, headers: readonly string[]): readonly string[] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(field) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("write it as 'name: value'");
  return [...headers, name, value];
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`evergate: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
