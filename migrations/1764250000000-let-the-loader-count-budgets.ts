import type { MigrationInterface, QueryRunner } from 'typeorm';

const TENANTS = '(SELECT halogen_tenants())::uuid[]';
const RIGHTS = {
  projects: 'SELECT (tenant_id, id, monthly_budget_micro, budget_enforcement)',
  api_keys: 'SELECT (tenant_id, id, monthly_cap_micro)',
  spending_months: 'SELECT, INSERT, UPDATE (used_micro, told_at)',
};

/** Rows of a batch count against the budgets of their project and their key, as single requests do. */
export class LetTheLoaderCountBudgets1764250000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, rights] of Object.entries(RIGHTS)) {
      await runner.query(
        `CREATE POLICY of_loader ON ${table} TO halogen_loader USING (tenant_id = ANY (${TENANTS})) WITH CHECK (tenant_id = ANY (${TENANTS}))`,
      );
      await runner.query(`GRANT ${rights} ON ${table} TO halogen_loader`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(RIGHTS)) {
      await runner.query(`DROP POLICY of_loader ON ${table}`);
      await runner.query(`REVOKE ALL ON ${table} FROM halogen_loader`);
    }
  }
}
