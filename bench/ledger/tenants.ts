import { v7 as newId } from 'uuid';
import { grantCredits } from '#features/ledger/grants.service';
import { provisionTenant } from '#features/tenants/provisioning';
import { HotPool } from '#platform/database/hot-pool';

export interface BenchTenant {
  tenantId: string;
  availableAccountId: string;
  reservedAccountId: string;
}

const PLENTY_MICRO = 10n ** 15n;

/** Tenants that nothing will leave without credits, one grant each. @param controlUrl of the control role */
export async function benchTenants(controlUrl: string, count: number): Promise<BenchTenant[]> {
  const pool = new HotPool({ url: controlUrl, applicationName: 'halogen-bench-seed', maxConnections: 1 });
  try {
    return await pool.transaction('seed', [], async (tx) => {
      const tenants: BenchTenant[] = [];
      for (let made = 0; made < count; made += 1) {
        const [tenantId, availableAccountId, reservedAccountId] = [newId(), newId(), newId()];
        await provisionTenant(tx, { id: tenantId, name: `Tenant ${made}`, reservedAccountId, spentAccountId: newId() });
        await grantCredits(tx, { tenantId, id: newId(), accountId: availableAccountId, amountMicro: PLENTY_MICRO });
        tenants.push({ tenantId, availableAccountId, reservedAccountId });
      }
      return tenants;
    });
  } finally {
    await pool.close();
  }
}
