import { Command, InvalidArgumentError, Option } from 'commander';
import { explainRequest } from './explain/explain.ts';
import { formatExplanation } from './explain/format.ts';
import { chooseFleet, fleetsOf } from './fleet/fleets.ts';
import { translateFleet } from './fleet/translateFleet.ts';
import { formatReport, lintFormats } from './lint/format.ts';
import { lint } from './lint/lint.ts';
import { loadBalancerConfig, loadBalancers } from './loadBalancer/command.ts';
import { balances, type GatewayAddress } from './loadBalancer/loadBalancer.ts';
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

program
  .command('lb-config')
  .description('Write the configuration of a load balancer in front of gateways on plain machines.')
  .argument('<paths...>', 'folders (with all below them), files, or - for standard input')
  .addOption(new Option('--for <program>', 'which load balancer').choices(loadBalancers).makeOptionMandatory())
  .requiredOption('--gateway <host:port,weight>', 'a gateway and its weight, 1 without it; once for each', addGateway)
  .addOption(new Option('--balance <how>', 'how gateways are chosen').choices(balances).default('least-conn'))
  .option('--certificate <file>', 'the certificate that clients see, with its chain; needs --key', plainPath)
  .option('--key <file>', 'the key of the certificate', plainPath)
  .option('--port <port>', 'the port that clients connect to; 443 with a certificate, else 80', wholeNumber(1, 65_535))
  .option('--read-timeout <seconds>', 'how long a gateway may be silent', wholeNumber(1, 86_400), 30)
  .option('--listener <name>', 'the listener that the addresses are of; the first one by default')
  .option('--fleet <namespace/name>', 'the GatewayFleet, where there are several')
  .action(async (paths: readonly string[], { gateway, certificate, key, port, readTimeout, ...options }) => {
    if ((certificate === undefined) !== (key === undefined)) throw new Error('--certificate and --key go together');
    const tls = certificate === undefined ? undefined : { certificate, key };
    const config = loadBalancerConfig(await loadFiles(paths), {
      ...options,
      gateways: gateway,
      certificate: tls,
      port: port ?? (tls === undefined ? 80 : 443),
      readTimeoutSeconds: readTimeout,
    });
    process.stdout.write(config);
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

/** What would have to be quoted would have to be quoted differently in each configuration. */
function plainPath(text: string): string {
  if (/^[-A-Za-z0-9_./@+:]+$/.test(text)) return text;
  throw new InvalidArgumentError('write a path of letters, digits and -_./@+: only');
}

function addGateway(text: string, gateways: readonly GatewayAddress[] = []): readonly GatewayAddress[] {
  const [, address, weight = '1'] =
    /^((?:[-A-Za-z0-9.]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5})(?:,([1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  if (address === undefined) throw new InvalidArgumentError('write it as host:port or host:port,weight');
  return [...gateways, { address, weight: Number(weight) }];
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`evergate: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
