import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util';
import { databaseOf } from '#infra/verify/database-of';
import { HotPool } from '#platform/database/hot-pool';

const ONE_PLACE = {
  database: { type: 'string' },
  home: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const satisfies Record<string, ParseArgsOptionDescriptor>;

const DATABASE_HELP = `  --database URL    of an owner or of halogen_control; or DATABASE_URL
  --home DIR        of a running installation (default .halogen)`;

export interface Verifier {
  /** As the database shows it among its connections. */
  applicationName: string;
  /** The command and what it proves. */
  help: string;
  /** An option of this verifier alone, with a value. */
  option?: { name: string; help: string };
  /** Prints what it finds, and answers with how many faults that were. */
  verify(pool: HotPool, optionValue: string | undefined): Promise<number>;
}

/** A command line that ends with 0 when nothing is wrong, else with 1. */
export async function runVerifier(verifier: Verifier): Promise<never> {
  try {
    process.exit((await faultsFound(verifier, process.argv.slice(2))) === 0 ? 0 : 1);
  } catch (error) {
    console.error(`halogen: ${(error as Error).message}`);
    process.exit(1);
  }
}

async function faultsFound({ applicationName, help, option, verify }: Verifier, args: string[]): Promise<number> {
  const options: Record<string, ParseArgsOptionDescriptor> = { ...ONE_PLACE, ...(option && { [option.name]: { type: 'string' } }) };
  const values = parseArgs({ args, options }).values as { database?: string; home?: string; help: boolean; [name: string]: unknown };
  if (values.help) {
    console.log([help, '', DATABASE_HELP, ...(option ? [option.help] : []), '  --help'].join('\n'));
    return 0;
  }
  const pool = new HotPool({ url: await databaseOf(values), applicationName, maxConnections: 1 });
  try {
    return await verify(pool, option && (values[option.name] as string | undefined));
  } finally {
    await pool.close();
  }
}
