import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { REALM } from '#infra/keycloak/realm';
import { runCommand } from '#infra/local/run-command';

/** Runs on Java 17 and later. */
const VERSION = '26.4.5';
const ARTIFACT = `org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
const START_LIMIT_MS = 300_000;
const LOOK_EVERY_MS = 1_000;

/** Downloads Keycloak through Maven as it is set up on this machine, and unpacks it. @returns its folder */
export async function unpackKeycloak(folder: string): Promise<string> {
  await runCommand('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${folder}`], { cwd: folder });
  await runCommand('jar', ['xf', `keycloak-quarkus-dist-${VERSION}.zip`], { cwd: folder });
  return join(folder, `keycloak-${VERSION}`);
}

/** Keycloak in development mode, on this machine alone. */
export class KeycloakServer {
  private constructor(
    readonly origin: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(folder: string, port: number, realm: object): Promise<KeycloakServer> {
    const imports = join(folder, 'data/import');
    await mkdir(imports, { recursive: true });
    await writeFile(join(imports, 'realm.json'), JSON.stringify(realm));
    const log = openSync(join(folder, 'keycloak.log'), 'w');
    const origin = `http://127.0.0.1:${port}`;
    const settings = ['start-dev', '--import-realm', '--http-host=127.0.0.1', `--http-port=${port}`, `--hostname=${origin}`];
    // `jar` keeps no execute bits, hence the shell; its group of processes ends together.
    const child = spawn('sh', ['bin/kc.sh', ...settings], { cwd: folder, detached: true, stdio: ['ignore', log, log] });
    const server = new KeycloakServer(origin, child);
    await server.untilReady(join(folder, 'keycloak.log'));
    return server;
  }

  get issuer(): string {
    return `${this.origin}/realms/${REALM}`;
  }

  get samlMetadataUrl(): string {
    return `${this.issuer}/protocol/saml/descriptor`;
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.pid === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    process.kill(-child.pid, 'SIGTERM');
    await ended;
  }

  /** @throws Error naming its log when it ends or takes too long */
  private async untilReady(log: string): Promise<void> {
    const giveUpAtMs = Date.now() + START_LIMIT_MS;
    while (!(await answers(this.samlMetadataUrl))) {
      if (this.child.exitCode !== null || Date.now() > giveUpAtMs) {
        await this.stop();
        throw new Error(`Keycloak did not start: see ${log}`);
      }
      await delay(LOOK_EVERY_MS);
    }
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch (error) {
    if (error instanceof TypeError) return false; // nobody listens yet
    throw error;
  }
}
