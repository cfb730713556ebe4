import { onPath, runCommand } from '#infra/local/run-command';

interface TestProgram {
  /** Any of these on PATH will do. */
  commands: readonly string[];
  debianPackage: string;
  neededFor: string;
}

const CHROMIUM: TestProgram = {
  commands: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
  debianPackage: 'chromium',
  neededFor: 'the journeys through the browser',
};

const TEST_PROGRAMS: readonly TestProgram[] = [
  CHROMIUM,
  { commands: ['xmlsec1'], debianPackage: 'xmlsec1', neededFor: 'the tests with a SAML identity provider' },
];

/**
 * Installs what tests need beside the servers and no package of npm or PyPI has inside, where this machine lets us: as root, with apt-get.
 * Elsewhere it reports what to install; the tests that need it then fail and say so, instead of being skipped.
 */
export async function installTestPrograms(report: (line: string) => void): Promise<void> {
  const missing: TestProgram[] = [];
  for (const program of TEST_PROGRAMS) if (!(await firstOnPath(program.commands))) missing.push(program);
  if (missing.length === 0) return;
  const packages = missing.map(({ debianPackage }) => debianPackage);
  const ways = missing.map(({ debianPackage, neededFor }) => `${debianPackage} for ${neededFor}`).join(', ');
  if (process.getuid?.() !== 0 || !(await onPath('apt-get'))) {
    report(`Not found: ${ways}. Install them (Debian and Ubuntu: apt-get install ${packages.join(' ')}) or these tests fail.`);
    return;
  }
  report(`installing ${ways}, by apt-get`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await runCommand('apt-get', ['update', '-qq'], { env });
    await runCommand('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
  } catch (error) {
    report(`apt-get could not install ${packages.join(' ')}: ${(error as Error).message}`);
  }
}

/** The machine's own Chromium. @throws Error that says how to get one */
export async function chromiumPath(): Promise<string> {
  const { commands, debianPackage, neededFor } = CHROMIUM;
  const path = await firstOnPath(commands);
  if (!path) throw new Error(`${neededFor} need Chromium on PATH: apt-get install ${debianPackage}, or any of ${commands.join(', ')}`);
  return path;
}

async function firstOnPath(commands: readonly string[]): Promise<string | undefined> {
  for (const command of commands) {
    const found = await onPath(command);
    if (found) return found;
  }
  return undefined;
}
