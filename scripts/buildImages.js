/*
 * Makes the images of the operator and the gateway. Run by `make images`, after `npm run build`. For each it prepares the folder
 * build/image-<program>, and then builds images/Dockerfile with it. Settings, from the environment:
 *
 *   BASE           the base image; scratch by default, where none can be pulled: this machine's C library goes in then
 *   IMAGE_PREFIX   what stands before /gateway and /operator; evergate by default
 *   IMAGE_TAG      the version of package.json by default
 *   CONTEXT_ONLY   with 1, the folders are prepared and nothing is built
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version, workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { BASE: base = 'scratch', IMAGE_PREFIX: prefix = 'evergate', IMAGE_TAG: tag = version } = process.env;
const programs = ['gateway', 'operator'];
/** Files that no program reads. */
const unread = new Set(['.ts', '.mts', '.cts', '.map', '.md', '.flow']);

process.umask(0o022);
for (const program of programs) {
  const context = prepare(program);
  if (process.env.CONTEXT_ONLY !== '1') build(program, context);
}

/** Fills the folder that an image is made of, and returns it. */
function prepare(program) {
  const context = join(root, 'build', `image-${program}`);
  rmSync(context, { recursive: true, force: true });
  copyLibraries(join(context, 'libraries'));
  if (base === 'scratch') addUser(join(context, 'libraries'));
  copyNode(join(context, 'node/usr/local/bin/node'));
  installModules(program, join(context, 'modules/app'));
  for (const workspace of workspacesOf(program)) copyWorkspace(workspace, join(context, 'program/app', workspace));
  copy(join(root, 'LICENSE'), join(context, 'program/app/LICENSE'));
  run('chmod', ['-R', 'u=rwX,go=rX', context]);
  return context;
}

/**
 * The libraries that Node names. A base image has a C library, which must be as new as this machine's; few have those of the compiler, so
 * these always come along. (Never nothing: docker without BuildKit loses the layers after a COPY of nothing, moby/moby#40591.)
 */
function copyLibraries(target) {
  const libraries = run('ldd', [process.execPath]).match(/\/\S+\.so\S*/g) ?? [];
  for (const library of libraries) {
    const isCompilers = /^lib(?:stdc\+\+|gcc_s|atomic)\./.test(basename(library));
    if (isCompilers) copy(library, join(target, 'usr/local/lib', basename(library)));
    else if (base === 'scratch') copy(library, join(target, library));
  }
}

/** A user that is not root, with a place for temporary files. */
function addUser(target) {
  mkdirSync(join(target, 'etc'), { recursive: true });
  mkdirSync(join(target, 'tmp'));
  writeFileSync(join(target, 'etc/passwd'), 'nonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n');
  writeFileSync(join(target, 'etc/group'), 'nonroot:x:65532:\n');
}

/** The Node that runs this. Its symbols are a fifth of it and only for debuggers, so they go where there is a tool for it. */
function copyNode(target) {
  copy(process.execPath, target);
  try {
    run('strip', ['--strip-unneeded', target]);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(realpathSync(from), to);
}

/**
 * Installs what a program needs at run time, as the lock says. npm wants to see every workspace's manifest. What only compilers
 * and people read is left out.
 */
function installModules(program, target) {
  const staging = join(root, 'build', `modules-${program}`);
  rmSync(staging, { recursive: true, force: true });
  const manifests = workspaces.map((workspace) => `${workspace}/package.json`);
  for (const file of ['package.json', 'package-lock.json', '.npmrc', ...manifests]) {
    if (existsSync(join(root, file))) copy(join(root, file), join(staging, file));
  }
  const only = [`--workspace=@evergate/${program}`, '--include-workspace-root=false', '--omit=dev', '--ignore-scripts'];
  run('npm', ['ci', ...only, '--prefer-offline', '--no-audit', '--no-fund'], { cwd: staging });
  const options = { recursive: true, verbatimSymlinks: true, filter: runsOrPermits };
  cpSync(join(staging, 'node_modules'), join(target, 'node_modules'), options);
  rmSync(staging, { recursive: true });
}

function runsOrPermits(path) {
  return !unread.has(extname(path)) || /licen[cs]e|notice/i.test(path.slice(path.lastIndexOf('/')));
}

/** The program and the workspaces of ours that it depends on. */
function workspacesOf(program) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, program, 'package.json'), 'utf8'));
  const ours = Object.keys(dependencies).flatMap((name) => name.match(/^@evergate\/(.+)$/)?.[1] ?? []);
  return [...new Set([program, ...ours.flatMap(workspacesOf)])];
}

function copyWorkspace(workspace, target) {
  mkdirSync(target, { recursive: true });
  const emitted = join(root, workspace, 'dist/src');
  cpSync(join(root, workspace, 'package.json'), join(target, 'package.json'));
  cpSync(emitted, join(target, 'dist/src'), { recursive: true, filter: runsOrPermits });
}

/** Without BuildKit, which asks a registry for its own parts. */
function build(program, context) {
  const image = `${prefix}/${program}:${tag}`;
  const values = { BASE: base, PROGRAM: program, VERSION: tag };
  const args = Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  const file = join(root, 'images/Dockerfile');
  run('docker', ['build', '--quiet', ...args, '--tag', image, '--file', file, context], {
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
  });
  const bytes = Number(run('docker', ['image', 'inspect', '--format', '{{.Size}}', image]));
  process.stdout.write(`${image}  ${Math.round(bytes / 1e6)} MB\n`);
}

function run(command, args, options = {}) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
}
