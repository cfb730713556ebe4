import type { Supervisor } from '#infra/local/supervisor';

/** What every server needs to be found, kept and told about. */
export interface ServerOptions {
  /** Data, passwords and logs: one folder per installation. */
  homeDir: string;
  /** Programs that were fetched or built, shared by all homes. */
  cacheDir: string;
  supervisor: Supervisor;
  /** One line for each long step. */
  report(line: string): void;
  /** Ports that must stay free. */
  keepFree?: number[];
  /** The data need not outlive the machine: Postgres does not wait for the disk. */
  isThrowaway?: boolean;
}

export interface RunningServer {
  /** `postgres://…`, `redis://…` or `host:port`. */
  address: string;
  /** Undefined for a server that was there already. */
  pid(): number | undefined;
  stop(): Promise<void>;
}

/** A server of the user's own: looked at once, used as it is, never stopped. Rejects, naming the variable, when it does not answer. */
export async function existingServer(variable: string, address: string, probe: (address: string) => Promise<void>): Promise<RunningServer> {
  await probe(address).catch((cause: Error) => {
    throw new Error(`the server that ${variable} names cannot be used: ${cause.message}`, { cause });
  });
  return { address, pid: () => undefined, stop: async () => {} };
}
