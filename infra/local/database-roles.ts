import pg from 'pg';
import { rolePassword, type Secrets } from '#infra/local/secrets';

export interface RoleUrls {
  /** For the API: row-level security by tenant. */
  databaseApiUrl: string;
  /** For the control plane: policies on named tables. */
  databaseControlUrl: string;
  /** For loading batches: row-level security by tenant, and rights on what a batch's rows touch. */
  databaseLoaderUrl: string;
}

/** Lets the roles of the migrations log in, and tells under which URLs. */
export async function enableRoles(databaseUrl: string, secrets: Secrets): Promise<RoleUrls> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    // One row of one catalogue table: a second start on the same server would otherwise fail with "tuple concurrently updated".
    await client.query("BEGIN; SELECT pg_advisory_xact_lock(hashtext('halogen roles'))");
    const databaseApiUrl = await enable(client, databaseUrl, 'halogen_api', secrets);
    const databaseControlUrl = await enable(client, databaseUrl, 'halogen_control', secrets);
    const databaseLoaderUrl = await enable(client, databaseUrl, 'halogen_loader', secrets);
    await client.query('COMMIT');
    return { databaseApiUrl, databaseControlUrl, databaseLoaderUrl };
  } finally {
    await client.end();
  }
}

async function enable(client: pg.Client, databaseUrl: string, role: string, secrets: Secrets): Promise<string> {
  const password = rolePassword(databaseUrl, role, secrets);
  await client.query(`ALTER ROLE ${client.escapeIdentifier(role)} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = password;
  return url.href;
}
