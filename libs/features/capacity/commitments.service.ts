import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { cancel, enlarge, type NewCommitment, renew, stateOn, transfer } from '#core/capacity/commitment';
import { type Day, isoDay } from '#core/capacity/days';
import { type Length, place, type Terms } from '#core/capacity/order-book';
import { type Charge, chargesFor, type TermMonths } from '#core/capacity/prices';
import { formatCredits } from '#core/ledger/credits';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { notePaid, refundCharges, splitUnpaidCharges, takePayment } from '#features/capacity/commitment-charges';
import {
  type CommitmentRow,
  endCommitment,
  insertCharges,
  insertCommitment,
  readCommitment,
  readCommitments,
} from '#features/capacity/commitment-rows';
import { MAX_COMMITMENTS_LISTED, MAX_OPEN_COMMITMENTS } from '#features/capacity/limits';
import { type BookRow, lockBook, readBook } from '#features/capacity/order-book-rows';
import { type OrderRefused, refusalOfOrder } from '#features/capacity/refusals';
import { recordEvents } from '#features/events/events.service';
import { NOT_FOUND, TenantReach } from '#features/tenants/tenant-reach.service';
import { HotPool } from '#platform/database/hot-pool';
import type { HotTx, Tx } from '#platform/database/tx';

export interface WantedOrder {
  /** Another tenant than the caller's: a brand. */
  tenant?: string;
  poolClass: string;
  units: number;
  /** Today if absent. */
  startsOn?: Day;
  months?: TermMonths;
  /** A commitment to end with, instead of a number of months. */
  endsWith?: string;
}

export interface CommitmentQuote {
  poolClass: string;
  terms: Terms;
  charges: readonly Charge[];
}

/** Selling capacity. Everything that changes what is sold holds the pool class's book. */
@Injectable()
export class CommitmentsService {
  constructor(
    private readonly db: HotPool,
    private readonly reach: TenantReach,
  ) {}

  /** What an order would be and cost now. Nothing is held: only an order is. */
  async quote(caller: Caller, wanted: WantedOrder): Promise<CommitmentQuote | NamedRefusal> {
    return this.onTenant(caller, wanted.tenant, 'quote commitment', async (tx, tenantId) => {
      const book = await readBook(tx, wanted.poolClass);
      const terms = await termsOf(tx, tenantId, wanted, book);
      if ('refused' in terms) return refusalOfOrder(terms);
      return { poolClass: wanted.poolClass, terms, charges: chargesFor(terms) };
    });
  }

  async order(caller: Caller, wanted: WantedOrder): Promise<CommitmentRow | NamedRefusal> {
    return this.onTenant(caller, wanted.tenant, 'order commitment', async (tx, tenantId) => {
      const held = await lockBook(tx, wanted.poolClass);
      const terms = await termsOf(tx, tenantId, wanted, held);
      if (!held || 'refused' in terms) return refusalOfOrder(terms as OrderRefused);
      return this.make(tx, caller, held, { ...terms, tenantId, origin: 'order', followsId: wanted.endsWith ?? null });
    });
  }

  async list(caller: Caller, tenant: string | undefined): Promise<CommitmentRow[] | NamedRefusal> {
    return this.onTenant(caller, tenant, 'list commitments', (tx, tenantId) => readCommitments(tx, [tenantId], MAX_COMMITMENTS_LISTED));
  }

  async get(caller: Caller, tenant: string | undefined, id: string): Promise<CommitmentRow | NamedRefusal> {
    return this.onTenant(caller, tenant, 'get commitment', async (tx, tenantId) => (await readCommitment(tx, tenantId, id)) ?? NOT_FOUND);
  }

  async enlarge(caller: Caller, tenant: string | undefined, id: string, moreUnits: number): Promise<CommitmentRow | NamedRefusal> {
    return this.onCommitment(caller, tenant, id, async (tx, commitment, held) => {
      const made = enlarge(commitment, moreUnits, held.book, held.today);
      return 'refused' in made ? refusalOfOrder(made) : this.make(tx, caller, held, made);
    });
  }

  async renew(caller: Caller, tenant: string | undefined, id: string, months: TermMonths): Promise<CommitmentRow | NamedRefusal> {
    return this.onCommitment(caller, tenant, id, async (tx, commitment, held) => {
      const made = renew(commitment, months, held.book, held.today);
      return 'refused' in made ? refusalOfOrder(made) : this.make(tx, caller, held, made);
    });
  }

  async cancel(caller: Caller, tenant: string | undefined, id: string): Promise<CommitmentRow | NamedRefusal> {
    return this.onCommitment(caller, tenant, id, async (tx, commitment, held) => {
      const outcome = cancel(commitment, held.today);
      if ('refused' in outcome) return refusalOfOrder(outcome);
      const { tenantId } = commitment;
      const refundedMicro = await refundCharges(tx, tenantId, id, commitment.creditedMicro);
      await endCommitment(tx, tenantId, id, outcome.state, commitment.endsOn);
      await recordEvents(tx, [{ tenantId, type: 'commitment.ended', data: { commitmentId: id, state: 'cancelled' } }]);
      const data = { refundedCredits: formatCredits(refundedMicro) };
      await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'commitment.cancelled', targetId: id, data }]);
      return found(await readCommitment(tx, tenantId, id));
    });
  }

  /** Gives units to another tenant of the same agency. Months that were paid stay paid; later ones are paid by who holds the units. */
  async transfer(
    caller: Caller,
    tenant: string | undefined,
    id: string,
    to: { tenantId: string; units?: number },
  ): Promise<{ moved: CommitmentRow; rest: CommitmentRow | null } | NamedRefusal> {
    const receiver = await this.reach.tenantOf(caller, to.tenantId);
    if ('refused' in receiver) return receiver;
    return this.onCommitment(
      caller,
      tenant,
      id,
      async (tx, commitment, held) => {
        if (!(await areOfOneAgency(tx, commitment.tenantId, receiver.tenantId))) return NOT_FOUND;
        const units = to.units ?? commitment.units;
        const outcome = transfer(commitment, { tenantId: receiver.tenantId, units }, held.today);
        if ('refused' in outcome) return refusalOfOrder(outcome);
        const parts = [...(outcome.rest ? [outcome.rest] : []), outcome.moved].map((part) => ({ ...part, id: uuidv7() }));
        const charges = await splitUnpaidCharges(tx, commitment, parts);
        await endCommitment(tx, commitment.tenantId, id, 'ended', outcome.on);
        for (const part of parts) await this.insert(tx, caller, held, part, charges.get(part.id) ?? []);
        const [moved, rest] = [parts.at(-1), outcome.rest && parts[0]];
        return {
          moved: found(await readCommitment(tx, receiver.tenantId, (moved as { id: string }).id)),
          rest: rest ? found(await readCommitment(tx, commitment.tenantId, rest.id)) : null,
        };
      },
      [receiver.tenantId],
    );
  }

  /** Takes the first month's price, then writes the commitment: without credits nothing is sold. */
  private async make(tx: HotTx, caller: Caller, held: BookRow, made: NewCommitment): Promise<CommitmentRow | NamedRefusal> {
    const { tenantId } = made;
    const [open] = await tx.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM commitments WHERE tenant_id = $1 AND state IN ('ordered', 'active')`,
      [tenantId],
    );
    if (open && open.count >= MAX_OPEN_COMMITMENTS) {
      return { refused: 'limit_reached', detail: `A tenant has at most ${MAX_OPEN_COMMITMENTS} commitments that are not over` };
    }
    const charges = chargesFor(made);
    const first = charges[0] as Charge;
    const parts = await takePayment(tx, tenantId, first.amountMicro);
    if ('refused' in parts) return refusalOfOrder(parts);
    const id = uuidv7();
    await this.insert(tx, caller, held, { ...made, id }, charges);
    await notePaid(tx, tenantId, id, first.month, parts);
    return found(await readCommitment(tx, tenantId, id));
  }

  private async insert(
    tx: Tx,
    caller: Caller,
    { poolClass, today }: BookRow,
    made: NewCommitment & { id: string },
    charges: readonly Charge[],
  ): Promise<void> {
    const { id, tenantId, units, origin } = made;
    await insertCommitment(tx, id, poolClass, stateOn({ ...made, state: 'ordered', isRenewed: false }, today), made);
    await insertCharges(tx, tenantId, id, charges);
    const data = { commitmentId: id, poolClass, units, startsOn: isoDay(made.startsOn), endsOn: isoDay(made.endsOn) };
    await recordEvents(tx, [{ tenantId, type: 'commitment.ordered', data }]);
    await recordAudit(tx, [{ tenantId, actor: actorOf(caller), action: 'commitment.ordered', targetId: id, data: { ...data, origin } }]);
    // Units may be guaranteed from this moment on.
    await tx.query(`SELECT pg_notify('halogen_scheduler', '')`);
  }

  private async onTenant<T>(
    caller: Caller,
    tenant: string | undefined,
    name: string,
    work: (tx: HotTx, tenantId: string) => Promise<T | NamedRefusal>,
  ): Promise<T | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction(name, [reached.tenantId], (tx) => work(tx, reached.tenantId));
  }

  private async onCommitment<T>(
    caller: Caller,
    tenant: string | undefined,
    id: string,
    work: (tx: HotTx, commitment: CommitmentRow, held: BookRow) => Promise<T | NamedRefusal>,
    otherTenants: readonly string[] = [],
  ): Promise<T | NamedRefusal> {
    const reached = await this.reach.tenantOf(caller, tenant);
    if ('refused' in reached) return reached;
    return this.db.transaction('change commitment', [reached.tenantId, ...otherTenants], async (tx) => {
      const before = await readCommitment(tx, reached.tenantId, id);
      const held = before && (await lockBook(tx, before.poolClass));
      // Read again: another change may have come first.
      const commitment = held && (await readCommitment(tx, reached.tenantId, id));
      return commitment ? work(tx, commitment, held) : NOT_FOUND;
    });
  }
}

async function termsOf(tx: Tx, tenantId: string, wanted: WantedOrder, held: BookRow | null): Promise<Terms | OrderRefused> {
  if (!held) return { refused: 'unknown_pool_class' };
  const length = await lengthOf(tx, tenantId, wanted);
  if ('refused' in length) return length;
  return place({ units: wanted.units, startsOn: wanted.startsOn ?? held.today, length }, held.book, held.today);
}

async function lengthOf(tx: Tx, tenantId: string, { endsWith, months = 1 }: WantedOrder): Promise<Length | OrderRefused> {
  if (endsWith === undefined) return { months };
  const other = await readCommitment(tx, tenantId, endsWith);
  return other && other.state !== 'cancelled' ? { endsOn: other.endsOn } : { refused: 'unknown_commitment' };
}

async function areOfOneAgency(tx: Tx, one: string, other: string): Promise<boolean> {
  const [row] = await tx.query<{ agencies: number }>(
    'SELECT count(DISTINCT coalesce(parent_tenant_id, id))::int AS agencies FROM tenants WHERE id = ANY ($1::uuid[])',
    [[one, other]],
  );
  return one !== other && row?.agencies === 1;
}

function found(commitment: CommitmentRow | null): CommitmentRow {
  if (!commitment) throw new Error('a commitment that was just written is not there');
  return commitment;
}
