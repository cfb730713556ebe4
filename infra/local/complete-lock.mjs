/**
 * Keeps package-lock.json complete. npm leaves a package for another platform out of the lock file when the registry at hand does
 * not carry it, and `npm ci` then refuses the lock file everywhere else. Every optional dependency with an exact version gets its entry.
 * And npm silently leaves out an optional package whose `engines` refuse the Node that npm runs on, though it will run under the
 * project's own: entries of platform packages name no engines.
 *
 * `node infra/local/complete-lock.mjs` writes, `--check` only tells and exits 1 when something is missing.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const lockPath = new URL('../../package-lock.json', import.meta.url);
const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32'];
const LIBC = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

const lock = JSON.parse(readFileSync(lockPath, 'utf8'));
const missing = missingEntries(lock.packages);
const picky = Object.values(lock.packages).filter((entry) => entry.optional && entry.cpu && entry.engines);

if (missing.length === 0 && picky.length === 0) process.exit(0);
if (process.argv.includes('--check')) {
  console.error(
    `package-lock.json lacks ${missing.length} packages for other platforms, so npm ci refuses it: ${missing.map(([path]) => path).join(', ')}`,
  );
  console.error(`${picky.length} platform packages name engines, so an older npm leaves them out.`);
  console.error('Run: npm run lock:complete');
  process.exit(1);
}
for (const [path, entry] of missing) lock.packages[path] = entry;
for (const entry of picky) delete entry.engines;
const [root, ...others] = Object.entries(lock.packages);
others.sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries([root, ...others]);
writeFileSync(lockPath, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${missing.length} packages for other platforms added, ${picky.length} freed of their engines`);

/** @param {Record<string, {optionalDependencies?: Record<string, string>, dev?: true}>} packages */
function missingEntries(packages) {
  const found = [];
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isInstalledFor(path, name, packages) || !/^\d+\.\d+\.\d+[\w.-]*$/.test(version)) continue;
      found.push([`node_modules/${name}`, { version, ...platformOf(name), ...(entry.dev && { dev: true }), optional: true }]);
    }
  }
  return found;
}

/** Node's own look-up: beside the package, then one node_modules further up each time. */
function isInstalledFor(path, name, packages) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    if (packages[`${folder}${folder && '/'}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

function platformOf(name) {
  const words = name.split(/[-/]/);
  const libc = words.map((word) => LIBC[word]).find(Boolean);
  const os = words.find((word) => OS.includes(word));
  const cpu = words.find((word) => CPU.includes(word));
  return { ...(cpu && { cpu: [cpu] }), ...(libc && os === 'linux' && { libc: [libc] }), ...(os && { os: [os] }) };
}
