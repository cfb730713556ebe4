import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The Python of a virtual environment with these PyPI packages (`name` or a requirement such as `pillow>=10`), made on first use and kept
 * in a cache outside the checkout. Start a package's program with `python -m`: the environment is moved after it was made.
 * Throws, with what to install, if Python is missing.
 */
export async function pythonWith(packages: string[]): Promise<string> {
  const requirements = packages.toSorted();
  const key = createHash('sha256').update(requirements.join('\n')).digest('hex').slice(0, 16);
  const venv = join(cacheDir(), `venv-${key}`);
  if (!(await exists(venv))) await makeVenv(venv, requirements);
  return pythonIn(venv);
}

/** Made under another name and then moved: nobody ever sees half of one, and of two makers at once the second gives way. */
async function makeVenv(venv: string, requirements: string[]): Promise<void> {
  const unfinished = `${venv}.${randomUUID()}`;
  await mkdir(cacheDir(), { recursive: true });
  try {
    await runPython(
      'python3',
      ['-m', 'venv', unfinished],
      'install Python 3 with its venv module (Debian, Ubuntu: apt-get install python3 python3-venv)',
    );
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements];
    await runPython(pythonIn(unfinished), install, `pip must be able to install ${requirements.join(', ')}`);
    await rename(unfinished, venv).catch(async (error) => {
      if (!(await exists(venv))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function runPython(python: string, args: string[], remedy: string): Promise<void> {
  try {
    await run(python, args);
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    const told = `${stdout}\n${stderr}`.trim() || message;
    throw new Error(`cannot prepare Python for the tests: ${remedy}.\n${told}`, { cause: error });
  }
}

function pythonIn(venv: string): string {
  return join(venv, 'bin', 'python');
}

function cacheDir(): string {
  return process.env.HALOGEN_CACHE_DIR ?? join(homedir(), '.cache', 'halogen');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
