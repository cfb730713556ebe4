import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { startPlatform } from '#infra/local/platform';
import { type RunJson, runFilePath } from '#infra/local/run-file';
import { removePostgresData } from '#infra/local/servers/postgres';
import { chromiumPath } from '#infra/local/test-programs';

/** What the specs share. */
export interface Shared {
  run: RunJson;
  /** Of the Chromium that all specs open their pages in. */
  browserUrl: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers `Shared` once everything runs. */
    sharedPlatformUrl: string;
  }
}

/**
 * One platform and one Chromium for all specs of the project. They start when the first spec asks, because this is set up before all
 * other projects run. With HALOGEN_BROWSER_HOME the platform that runs in that home is taken instead.
 */
export default async function share(project: TestProject): Promise<() => Promise<void>> {
  const stops: (() => Promise<unknown>)[] = [];
  let shared: Promise<Shared> | undefined;
  const server = createServer((_, response) => {
    shared ??= start(stops);
    shared.then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('sharedPlatformUrl', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.close();
    await shared?.catch(() => {});
    for (const stop of stops.reverse()) await stop();
  };
}

async function start(stops: (() => Promise<unknown>)[]): Promise<Shared> {
  const browser = await chromium.launchServer({ executablePath: await chromiumPath(), args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  stops.push(() => browser.close());
  const home = process.env.HALOGEN_BROWSER_HOME;
  const run = home ? (JSON.parse(await readFile(runFilePath(home), 'utf8')) as RunJson) : await startThrowaway(stops);
  return { run, browserUrl: browser.wsEndpoint() };
}

async function startThrowaway(stops: (() => Promise<unknown>)[]): Promise<RunJson> {
  const homeDir = await mkdtemp(join(tmpdir(), 'halogen-browser-'));
  stops.push(() => rm(homeDir, { recursive: true, force: true }));
  stops.push(() => removePostgresData(homeDir));
  const platform = await startPlatform({ homeDir, quiet: true });
  stops.push(() => platform.stop());
  return platform.run;
}
