import { Command, Option } from 'commander';
import { formatReport, lintFormats } from './lint/format.ts';
import { lint } from './lint/lint.ts';
import { loadFiles } from './manifests/loadFiles.ts';

const program = new Command('evergate')
  .description('A highly available API gateway: run it here, and check what it would do elsewhere.')
  .showHelpAfterError('(evergate --help says more)');

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

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`evergate: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
