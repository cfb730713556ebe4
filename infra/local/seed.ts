import { SCOPES_OF_ROLE } from '#core/access/scopes';
import { MICRO_CREDITS_PER_CREDIT } from '#core/ledger/credits';
import { grantCredits } from '#features/ledger/grants.service';
import { hashPassword } from '#features/sign-in/passwords';
import { provisionApiKey, provisionTenant, sha256 } from '#features/tenants/provisioning';
import { seedHaloSites, seedOrderBook, seedPhase } from '#infra/local/halo-sites';
import { NODE_IDS, type PersonName, type Secrets } from '#infra/local/secrets';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface SeedOptions {
  /** Of the control role: it writes rows of several tenants. */
  controlUrl: string;
  secrets: Secrets;
  /** Lanes of each node. */
  lanesPerNode: number;
}

interface SeedTenant {
  /** Last hex digits of every id of this tenant, so that a second start finds what the first one made. */
  number: number;
  name: string;
  credits: bigint;
  keys: (keyof Secrets['keys'])[];
}

const TENANTS: readonly SeedTenant[] = [
  { number: 1, name: 'Demo agency', credits: 10_000_000n, keys: ['demo', 'limited', 'revoked'] },
  { number: 2, name: 'Other agency', credits: 10_000_000n, keys: ['other'] },
  { number: 3, name: 'Agency without credits', credits: 0n, keys: ['broke'] },
  { number: 4, name: 'Halogen platform', credits: 0n, keys: ['operator'] },
];
/** Sixty quick creates are more than this. */
const LIMITED = { createsPerMinute: 30, maxConcurrent: 10 };
const POOL = { id: 'local-cpu', siteId: 'local', poolClass: 'halo-1' };

/** Tenants, keys and nodes of a local installation. May run again: what is there stays as it is. */
export async function seed({ controlUrl, secrets, lanesPerNode }: SeedOptions): Promise<void> {
  const pool = new HotPool({ url: controlUrl, applicationName: 'halogen-seed', maxConnections: 1 });
  try {
    const passwords = await passwordHashes(secrets);
    await pool.transaction('seed', [], async (tx) => {
      for (const tenant of TENANTS) await seedTenant(tx, tenant, secrets);
      await seedPeople(tx, passwords);
      await seedCapacity(tx, secrets, lanesPerNode);
      await seedHaloSites(tx);
    });
  } finally {
    await pool.close();
  }
}

async function seedTenant(tx: Tx, { number, name, credits, keys }: SeedTenant, secrets: Secrets): Promise<void> {
  const tenantId = seedId(number, 0);
  await provisionTenant(tx, { id: tenantId, name, reservedAccountId: seedId(number, 1), spentAccountId: seedId(number, 2) });
  if (credits > 0n) {
    const amountMicro = credits * MICRO_CREDITS_PER_CREDIT;
    await grantCredits(tx, { tenantId, id: seedId(number, 3), accountId: seedId(number, 4), amountMicro });
  }
  for (const [at, key] of keys.entries()) {
    const revokedAt = key === 'revoked' ? new Date(0) : undefined;
    await provisionApiKey(tx, {
      tenantId,
      id: seedId(number, 16 + at),
      name: key,
      secret: secrets.keys[key],
      scopes: SCOPES_OF_ROLE[key === 'operator' ? 'operator' : 'owner'],
      revokedAt,
      ...(key === 'limited' && LIMITED),
    });
  }
}

/** Who signs in, and to what they look. */
export const SEEDED_PEOPLE: Readonly<Record<PersonName, { email: string; path: string }>> = {
  owner: { email: 'owner@demo.example', path: '/api/v1/sign-in' },
  operator: { email: 'operator@halogen.example', path: '/api/v1/operations/sign-in' },
  secondOperator: { email: 'second-operator@halogen.example', path: '/api/v1/operations/sign-in' },
};

/** Before the transaction: it is slow by design, and nobody shall wait for it with rows locked. */
async function passwordHashes({ passwords }: Secrets): Promise<Record<PersonName, string>> {
  return {
    owner: await hashPassword(passwords.owner),
    operator: await hashPassword(passwords.operator),
    secondOperator: await hashPassword(passwords.secondOperator),
  };
}

/** An owner of the demo tenant and two operators. A home of its own secrets may meet a database that was seeded by another: the newest password counts. */
async function seedPeople(tx: Tx, passwords: Record<PersonName, string>): Promise<void> {
  const [demo, platform, id] = [seedId(1, 0), seedId(4, 0), seedId(1, 32)];
  await tx.query(
    `INSERT INTO members (tenant_id, id, email, name, role)
     SELECT $1, $2, $3, 'Demo owner', 'owner' WHERE NOT EXISTS (SELECT 1 FROM members WHERE tenant_id = $1 AND id = $2)`,
    [demo, id, SEEDED_PEOPLE.owner.email],
  );
  await tx.query(
    `INSERT INTO member_passwords (tenant_id, member_id, password) VALUES ($1, $2, $3)
     ON CONFLICT (tenant_id, member_id) DO UPDATE SET password = $3, set_at = now()`,
    [demo, id, passwords.owner],
  );
  for (const [at, name] of (['operator', 'secondOperator'] as const).entries())
    await tx.query(
      `INSERT INTO staff (tenant_id, id, email, name, role, password) VALUES ($1, $2, $3, 'Operator', 'operator', $4)
       ON CONFLICT (tenant_id, id) DO UPDATE SET password = excluded.password`,
      [platform, seedId(4, 32 + at), SEEDED_PEOPLE[name].email, passwords[name]],
    );
}

async function seedCapacity(tx: Tx, secrets: Secrets, lanesPerNode: number): Promise<void> {
  await tx.query(
    `INSERT INTO sites (id, name, region, jurisdiction) VALUES ($1, 'This machine', 'local', 'local') ON CONFLICT DO NOTHING`,
    [POOL.siteId],
  );
  await tx.query('INSERT INTO pools (id, site_id, pool_class) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    POOL.id,
    POOL.siteId,
    POOL.poolClass,
  ]);
  await tx.query('INSERT INTO scheduler_leaders (pool_class) VALUES ($1) ON CONFLICT DO NOTHING', [POOL.poolClass]);
  await seedOrderBook(tx, { poolClass: POOL.poolClass, accelerator: 'CPU', spareOneNodeIn: NODE_IDS.length });
  const { siteId, poolClass } = POOL;
  await seedPhase(tx, { siteId, poolClass, phase: 1, powersOn: '2026-01-01', nodes: NODE_IDS.length, lanesPerNode, megawatts: 0 });
  for (const nodeId of NODE_IDS) {
    // A home of its own secrets may meet a database that was seeded by another: the newest token counts.
    await tx.query(
      `INSERT INTO nodes (id, pool_id, token_sha256) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET token_sha256 = excluded.token_sha256`,
      [nodeId, POOL.id, sha256(secrets.nodes[nodeId])],
    );
    for (let ordinal = 0; ordinal < lanesPerNode; ordinal += 1) {
      await tx.query('INSERT INTO lanes (id, node_id, ordinal) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
        `${nodeId}/${ordinal}`,
        nodeId,
        ordinal,
      ]);
    }
  }
}

function seedId(tenant: number, part: number): string {
  const hex = (value: number) => value.toString(16).padStart(4, '0');
  return `00000000-0000-4000-8000-0000${hex(tenant)}${hex(part)}`;
}
