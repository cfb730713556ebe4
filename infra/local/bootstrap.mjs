/**
 * Makes a fresh clone runnable, then runs something of it under the project's own Node. Plain JavaScript without dependencies:
 * it is the one file that the machine's Node (20 or newer) has to understand.
 *
 *   node infra/local/bootstrap.mjs dist/infra/local/start.js --port 9000   installs, compiles, runs the script
 *   node infra/local/bootstrap.mjs --each check:types check:lint           installs, runs these scripts of package.json one by one
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE_MAJOR = 20;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NODE = join(ROOT, 'node_modules/node/bin/node');
const BIN = join(ROOT, 'node_modules/.bin');
const COMPILED_FOLDERS = ['apps', 'libs', 'migrations', 'infra', 'bench'];
const CLIENT_CONFIG = 'sdks/typescript/openapi-ts.config.ts';
const PARENT_CHECK_MS = 500;
const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

process.chdir(ROOT);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`halogen: ${error.message}`);
  process.exitCode = 1;
}

async function main([first, ...rest]) {
  checkNode();
  if (!isInstalled()) await install();
  if (first === '--each') return runEach(rest);
  await compile();
  return runScript(resolve(ROOT, first), rest);
}

function checkNode() {
  if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE_MAJOR) return;
  throw new Error(
    `Node ${OLDEST_NODE_MAJOR} or newer is needed to begin with, this is ${process.version}. Install it from https://nodejs.org`,
  );
}

/** True when node_modules holds what the lock file names. Compared by content: a checkout touches times without changing anything. */
function isInstalled() {
  const installed = packagesOf('node_modules/.package-lock.json');
  if (!installed || !existsSync(NODE)) return false;
  const locked = packagesOf('package-lock.json');
  return Object.entries(locked).every(([path, { version, optional }]) => {
    const there = installed[path];
    return path === '' || (there ? there.version === version : optional);
  });
}

function packagesOf(lockPath) {
  return existsSync(lockPath) ? JSON.parse(readFileSync(lockPath, 'utf8')).packages : undefined;
}

/** Runs npm outside the folder it replaces, and with what a user's own npm settings might take away. */
async function install() {
  console.log('Installing packages (npm ci; about a minute the first time) …');
  const code = await run(
    'npm',
    [
      'ci',
      '--include=dev',
      '--include=optional',
      '--ignore-scripts=false',
      '--engine-strict=false',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ],
    {
      env: { ...process.env, PATH: pathWithoutCheckout(), SKIP_FFMPEG: 'true', SCARF_ANALYTICS: 'false' },
    },
  );
  if (code !== 0) throw new Error('npm ci failed; its message is above. A registry that npm can reach is needed.');
  if (!existsSync(NODE))
    throw new Error('the npm package "node" did not install its binary. Is its install script allowed (package.json, allowScripts)?');
}

/** node_modules/.bin is first on the PATH of npm scripts: npm would run on the very Node it is about to delete. */
function pathWithoutCheckout() {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !resolve(folder).startsWith(join(ROOT, 'node_modules')))
    .join(delimiter);
}

async function compile() {
  const sources = [...COMPILED_FOLDERS.flatMap(sourcesIn), 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  await whenChanged('sources', sources, async () => {
    console.log('Compiling …');
    removeOrphans();
    const code = await run(NODE, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
    if (code !== 0) throw new Error('the sources do not compile; the messages are above.');
  });
  await buildWeb(sources);
  const bundler = 'infra/local/bundle-workflows.ts';
  if (!existsSync('libs/workflows/generate.ts')) return;
  await whenChanged('workflows', [bundler, 'package-lock.json', ...sourcesIn('libs/workflows'), ...sourcesIn('libs/core')], async () => {
    console.log('Bundling workflows …');
    const code = await run(NODE, [`dist/${bundler.replace('.ts', '.js')}`]);
    if (code !== 0) throw new Error('the workflow bundle could not be built; the messages are above.');
  });
}

/** The client from the API's document, and the pages that use it. */
async function buildWeb(sources) {
  const files = [
    ...filesIn('apps/web'),
    ...sources.filter((path) => path.startsWith('libs/core/')),
    'docs/openapi.json',
    CLIENT_CONFIG,
    'package-lock.json',
  ];
  await whenChanged('web', files, async () => {
    console.log('Building the web pages …');
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const name of ['compile:sdk', 'compile:web']) {
      const code = await run('sh', ['-c', scripts[name]], { env: ownEnvironment() });
      if (code !== 0) throw new Error('the web pages do not build; the messages are above.');
    }
  });
}

function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

function sourcesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return path === 'apps/web' ? [] : sourcesIn(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts') ? [path] : [];
  });
}

async function whenChanged(name, files, work) {
  const stampPath = `dist/.${name}-stamp`;
  const stamp = stampOf(files);
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return;
  rmSync(stampPath, { force: true });
  await work();
  mkdirSync('dist', { recursive: true });
  writeFileSync(stampPath, stamp);
}

function stampOf(files) {
  const hash = createHash('sha256');
  for (const file of [...files].sort()) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

/** A deleted source must not live on as compiled code: migrations, for one, are found by listing their folder. */
function removeOrphans(folder = 'dist') {
  if (!existsSync(folder)) return;
  if (folder === 'dist' && !existsSync('dist/tsconfig.build.tsbuildinfo')) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) removeOrphans(path);
    else if (
      folder !== 'dist' &&
      /\.js(\.map)?$/.test(entry.name) &&
      !existsSync(path.slice('dist/'.length).replace(/\.js(\.map)?$/, '.ts'))
    )
      rmSync(path);
  }
}

/** Runs every one even if an earlier failed, so that one run tells all. */
async function runEach(names) {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const failed = [];
  for (const name of names) {
    console.log(`— ${name}`);
    if (!scripts[name]) throw new Error(`package.json has no script "${name}"`);
    const code = await run('sh', ['-c', scripts[name]], { env: ownEnvironment() });
    if (code !== 0) failed.push(name);
  }
  console.log(failed.length === 0 ? `All ${names.length} checks passed` : `Failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

function runScript(script, args) {
  if (!existsSync(script)) throw new Error(`${script} does not exist. Is its source missing?`);
  // The fourth stream stays open as long as this process lives: its end tells the script that its parent was killed.
  return run(NODE, ['--enable-source-maps', script, ...args], {
    env: { ...ownEnvironment(), HALOGEN_PARENT_PIPE: '3' },
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  });
}

function ownEnvironment() {
  return { ...process.env, PATH: [join(ROOT, 'node_modules/node/bin'), BIN, pathWithoutCheckout()].join(delimiter) };
}

/** Resolves with the exit code. Signals are passed on, and this process waits for what the child makes of them. */
function run(command, args, { env = process.env, stdio = 'inherit' } = {}) {
  const child = spawn(command, args, { env, stdio });
  const passOn = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn);
  const stopWatching = whenParentDies(() => child.kill('SIGTERM'));
  return new Promise((resolveCode, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, passOn);
      stopWatching();
      resolveCode(code ?? 128 + (SIGNAL_NUMBERS[signal] ?? 0));
    });
  });
}

/** npm gives no pipe to watch; when it is killed, its scripts only see that they have another parent. */
function whenParentDies(stop) {
  if (!process.env.npm_lifecycle_event) return () => {};
  const watched = [process.pid, process.ppid]
    .filter((pid) => pid === process.pid || isShell(pid))
    .map((pid) => ({ pid, parent: parentOf(pid) }));
  const timer = setInterval(() => {
    if (watched.every(({ pid, parent }) => parentOf(pid) === parent)) return;
    clearInterval(timer);
    stop();
  }, PARENT_CHECK_MS);
  return () => clearInterval(timer);
}

function isShell(pid) {
  try {
    return /^(sh|dash|bash|ash|zsh)$/.test(readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  } catch {
    return false;
  }
}

function parentOf(pid) {
  if (pid === process.pid) return process.ppid;
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()?.split(' ')[1]);
  } catch {
    return undefined;
  }
}
