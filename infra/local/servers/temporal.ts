import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { Connection } from '@temporalio/client';
import { freePort } from '#infra/local/free-port';
import { isExecutable, onPath, runCommand } from '#infra/local/run-command';
import { existingServer, type RunningServer, type ServerOptions } from '#infra/local/servers/running-server';

export const TEMPORAL_NAMESPACE = 'default';
/** The last version that `go install` can build. */
const VERSION = 'v1.5.1';
/** Where the SDK's own test server looks; the answer names an archive and the file in it. */
const DOWNLOADS = `https://temporal.download/cli/${VERSION}`;
const ANSWER_LIMIT_MS = 5_000;
const ARCHIVE_LIMIT_MS = 300_000;

/** Temporal's development server with its data in the home, or the one that TEMPORAL_ADDRESS names. */
export async function startTemporal(options: ServerOptions): Promise<RunningServer> {
  if (process.env.TEMPORAL_ADDRESS) return existingServer('TEMPORAL_ADDRESS', process.env.TEMPORAL_ADDRESS, probe);
  const { homeDir, supervisor, keepFree } = options;
  const program = await findProgram(options);
  const folder = join(homeDir, 'temporal');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [port, httpPort, metricsPort] = [await freePort(keepFree), await freePort(keepFree), await freePort(keepFree)];
  const address = `127.0.0.1:${port}`;
  const ports = ['--port', String(port), '--http-port', String(httpPort), '--metrics-port', String(metricsPort)];
  const pragmas = ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'];
  await supervisor.start({
    name: 'temporal',
    instance: 'temporal',
    command: program,
    args: [
      'server',
      'start-dev',
      '--headless',
      '--ip',
      '127.0.0.1',
      ...ports,
      '--db-filename',
      join(folder, 'temporal.db'),
      ...pragmas,
      '--log-level',
      'warn',
    ],
    env: { PATH: process.env.PATH, HOME: folder, TZ: 'UTC' }, // a user's own Temporal settings are not for this server
    cwd: folder,
    ready: () => probe(address),
    stopSignal: 'SIGTERM',
    reapSignal: 'SIGTERM',
    echoErrors: false,
  });
  return { address, pid: () => supervisor.pidsOf('temporal')[0], stop: () => supervisor.halt('temporal') };
}

async function findProgram({ cacheDir, report }: ServerOptions): Promise<string> {
  const program = await onPath('temporal');
  if (program) return program;
  const folder = join(cacheDir, `temporal-${VERSION}`);
  const cached = join(folder, 'temporal');
  if (await isExecutable(cached)) return cached;
  await mkdir(folder, { recursive: true });
  const unfinished = join(folder, `.unfinished-${randomBytes(6).toString('hex')}`);
  await mkdir(unfinished);
  try {
    const made = (await download(unfinished, report).catch(() => undefined)) ?? (await build(unfinished, report));
    await chmod(made, 0o755);
    await rename(made, cached);
    return cached;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Resolves with the program's path; rejects, quietly and within seconds, where the download host cannot be reached. */
async function download(folder: string, report: (line: string) => void): Promise<string> {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const question = `${DOWNLOADS}?arch=${arch}&platform=${process.platform}&format=tar.gz`;
  const answer = await fetch(question, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const { archiveUrl, fileToExtract } = (await answer.json()) as { archiveUrl: string; fileToExtract: string };
  report(`fetching Temporal ${VERSION}`);
  const archive = join(folder, 'archive.tar.gz');
  const response = await fetch(archiveUrl, { signal: AbortSignal.timeout(ARCHIVE_LIMIT_MS) });
  if (!response.ok || !response.body) throw new Error(`${response.status}`);
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(archive));
  await runCommand('tar', ['-xzf', archive, '-C', folder, fileToExtract]);
  return join(folder, fileToExtract);
}

async function build(folder: string, report: (line: string) => void): Promise<string> {
  report(`building Temporal ${VERSION} with Go (about 5 minutes on two cores, once)`);
  try {
    await runCommand('go', ['install', '-ldflags', '-s -w', `github.com/temporalio/cli/cmd/temporal@${VERSION}`], {
      cwd: folder,
      env: { ...process.env, GOBIN: folder, GOFLAGS: '' },
    });
  } catch (cause) {
    const why = (cause as Error).message;
    throw new Error(
      `There is no temporal on PATH, it cannot be downloaded here and not be built (${why}). Install the Temporal CLI (https://docs.temporal.io/cli) or Go 1.24 or newer, or set TEMPORAL_ADDRESS`,
      { cause },
    );
  }
  return join(folder, 'temporal');
}

async function probe(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await connection.workflowService.describeNamespace({ namespace: TEMPORAL_NAMESPACE });
  } finally {
    await connection.close();
  }
}
