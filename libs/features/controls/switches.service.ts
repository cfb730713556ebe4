import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { needsSecondPerson } from '#core/controls/second-person';
import { isKnownStop, SCOPES_OF, type Stop, type Switch } from '#core/controls/switches';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { SECOND_PERSON_NEEDED, type Within, withoutApproval } from '#features/controls/approval.service';
import { MAX_SWITCHES } from '#features/controls/limits';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

export interface WantedSwitch extends Stop {
  reason: string;
  /** Until it is lifted if absent. */
  minutes?: number | undefined;
}

const COLUMNS = 'id, stops, scope, subject, reason, set_at AS "setAt", ends_at AS "endsAt"';
const NOT_FOUND: NamedRefusal = { refused: 'not_found', detail: 'Not found' };

/** For operators: what is stopped for everybody, a tenant, a pool class or a model. Each act is in the audit log of whom it stops, else of the staff. */
@Injectable()
export class SwitchesService {
  constructor(private readonly db: HotPool) {}

  /** @param within what else belongs to the transaction: a second person's approval */
  async set(caller: Caller, wanted: WantedSwitch, within: Within = withoutApproval): Promise<Switch | NamedRefusal> {
    if (!isKnownStop(wanted)) return notKnown(wanted);
    if (within === withoutApproval && needsSecondPerson(wanted)) return SECOND_PERSON_NEEDED;
    return this.db.transaction('switch off', tenantsOf(caller, wanted), (tx) => within(tx, () => setOnce(tx, caller, wanted)));
  }

  async lift(caller: Caller, id: string): Promise<'done' | NamedRefusal> {
    const [known] = await this.db.query<Stop>('SELECT stops, scope, subject FROM switches WHERE id = $1', [id]);
    if (!known) return NOT_FOUND;
    return this.db.transaction('switch on', tenantsOf(caller, known), async (tx) => {
      const lifted = await tx.query('DELETE FROM switches WHERE id = $1 RETURNING 1', [id]);
      if (lifted.length === 0) return NOT_FOUND;
      await tell(tx, caller, 'switch.lifted', id, known, {});
      return 'done';
    });
  }

  /** Oldest first. */
  async list(): Promise<Switch[]> {
    return this.db.query<Switch>(`SELECT ${COLUMNS} FROM switches ORDER BY set_at, id LIMIT ${MAX_SWITCHES}`);
  }
}

async function setOnce(tx: Tx, caller: Caller, { stops, scope, subject, reason, minutes }: WantedSwitch): Promise<Switch | NamedRefusal> {
  if (scope === 'tenant') {
    const known = await tx.query('SELECT 1 FROM tenants WHERE id::text = $1', [subject]);
    if (known.length === 0) return NOT_FOUND;
  }
  const { length: known } = await tx.query(`SELECT 1 FROM switches LIMIT ${MAX_SWITCHES}`);
  if (known >= MAX_SWITCHES) return { refused: 'limit_reached', detail: `There are ${MAX_SWITCHES} switches already: lift one` };
  const [row] = await tx.query<Switch>(
    `INSERT INTO switches (stops, scope, subject, reason, ends_at, set_in)
     VALUES ($1, $2, $3, $4, now() + $5::int * interval '1 minute', $6)
     ON CONFLICT (stops, scope, coalesce(subject, '')) DO NOTHING RETURNING ${COLUMNS}`,
    [stops, scope, subject, reason, minutes ?? null, caller.tenantId],
  );
  if (!row) return { refused: 'already_exists', detail: 'This is switched off already; lift it to set it anew' };
  await tell(tx, caller, 'switch.set', row.id, row, { reason, endsAt: row.endsAt?.toISOString() ?? null });
  return row;
}

async function tell(
  tx: Tx,
  caller: Caller,
  action: string,
  targetId: string,
  { stops, scope, subject }: Stop,
  more: Record<string, unknown>,
): Promise<void> {
  const tenantId = scope === 'tenant' ? (subject as string) : caller.tenantId;
  await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action, targetId, data: { stops, scope, subject, ...more } }]);
  await tx.query(`SELECT pg_notify('halogen_switches', '')`);
}

function tenantsOf({ tenantId }: Caller, { scope, subject }: Stop): string[] {
  return scope === 'tenant' ? [tenantId, subject as string] : [tenantId];
}

function notKnown({ stops, scope }: Stop): NamedRefusal {
  if (scope === 'all') return { refused: 'invalid_fields', detail: 'A switch for all has no subject' };
  if (SCOPES_OF[stops].includes(scope)) return { refused: 'invalid_fields', detail: `Name the ${scope} as its subject` };
  return { refused: 'invalid_fields', detail: `${stops} can be stopped for: ${SCOPES_OF[stops].join(', ')}` };
}
