import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { mayDecide, type NotDecidable, PROPOSAL_LASTS_MS, type Proposal, type ProposalState, stateOf } from '#core/controls/second-person';
import type { Stop } from '#core/controls/switches';
import { actorOf, recordAudit } from '#features/audit/audit.service';
import { CapacityCutsService, type WantedCut } from '#features/capacity/capacity-cuts.service';
import type { Within } from '#features/controls/approval.service';
import { MAX_OPEN_PROPOSALS, MAX_PROPOSALS_LISTED } from '#features/controls/limits';
import { SwitchesService } from '#features/controls/switches.service';
import { type Touched, TouchedService } from '#features/controls/touched.service';
import { HotPool } from '#platform/database/hot-pool';
import type { Tx } from '#platform/database/tx';

/** What may wait for a second person. */
export type ProposedAct =
  | ({ does: 'switch'; minutes?: number | undefined } & Stop)
  | ({ does: 'cut' } & Omit<WantedCut, 'reason' | 'force'>);

export interface ProposalRow extends Proposal {
  id: string;
  act: ProposedAct;
  reason: string;
  /** As it was counted when it was proposed. */
  touched: Touched;
  proposer: string;
  proposedAt: Date;
  decidedAt: Date | null;
  decider: string | null;
  state: ProposalState;
}

const COLUMNS = `id, act, reason, touched, proposed_by AS "proposedBy", proposer, proposed_at AS "proposedAt", expires_at AS "expiresAt", decision,
  decided_at AS "decidedAt", decider`;
const NOT_FOUND: NamedRefusal = { refused: 'not_found', detail: 'Not found' };
const NO_PERSON: NamedRefusal = {
  refused: 'not_allowed',
  detail: 'A proposal is made and decided by people who are signed in, not by API keys',
};

/** Acts that one operator proposes and another one approves. An approval and its act are one transaction. */
@Injectable()
export class ProposalsService {
  constructor(
    private readonly db: HotPool,
    private readonly switches: SwitchesService,
    private readonly cuts: CapacityCutsService,
    private readonly touched: TouchedService,
  ) {}

  async propose(caller: Caller, act: ProposedAct, reason: string): Promise<ProposalRow | NamedRefusal> {
    const { person } = caller;
    if (!person) return NO_PERSON;
    const touched = await this.touched.by(caller, act);
    if ('refused' in touched) return touched;
    return this.db.transaction('propose', [caller.tenantId], async (tx) => {
      const [row] = await tx.query<ProposalRow>(
        `INSERT INTO proposals (act, reason, touched, proposed_in, proposed_by, proposer, expires_at)
         SELECT $1, $2, $3, $4, $5, $6, now() + $7::int * interval '1 millisecond'
          WHERE (SELECT count(*) FROM proposals WHERE decision IS NULL AND expires_at > now()) < ${MAX_OPEN_PROPOSALS}
         RETURNING ${COLUMNS}`,
        [JSON.stringify(act), reason, JSON.stringify(touched), caller.tenantId, person.id, person.email, PROPOSAL_LASTS_MS],
      );
      if (!row) return { refused: 'limit_reached', detail: `${MAX_OPEN_PROPOSALS} proposals wait already` };
      const data = { ...act, reason };
      await recordAudit(tx, [{ tenantId: caller.tenantId, actor: actorOf(caller), action: 'proposal.made', targetId: row.id, data }]);
      return withState(row);
    });
  }

  /** Newest first. */
  async list(): Promise<ProposalRow[]> {
    const rows = await this.db.query<ProposalRow>(`SELECT ${COLUMNS} FROM proposals ORDER BY id DESC LIMIT ${MAX_PROPOSALS_LISTED}`);
    return rows.map(withState);
  }

  /** Lets it take effect. What the act itself refuses leaves the proposal open. */
  async approve(caller: Caller, id: string): Promise<ProposalRow | NamedRefusal> {
    const [found] = await this.db.query<{ act: ProposedAct; reason: string }>('SELECT act, reason FROM proposals WHERE id = $1', [id]);
    if (!found) return NOT_FOUND;
    const { act, reason } = found;
    const { does: _, ...wanted } = act;
    let approved: ProposalRow | undefined;
    const within: Within = async (tx, work) => {
      const refusal = await lockUndecided(tx, caller, id, 'approved');
      if (refusal) return refusal;
      const outcome = await work();
      if (!isRefusal(outcome)) approved = await decide(tx, caller, id, 'approved');
      return outcome;
    };
    const outcome =
      'stops' in wanted
        ? await this.switches.set(caller, { ...wanted, reason }, within)
        : await this.cuts.cut(caller, { ...wanted, reason, force: true }, within);
    return isRefusal(outcome) ? outcome : (approved as ProposalRow);
  }

  /** By whoever proposed it, it is withdrawn. */
  async decline(caller: Caller, id: string): Promise<ProposalRow | NamedRefusal> {
    return this.db.transaction('decline proposal', [caller.tenantId], async (tx) => {
      return (await lockUndecided(tx, caller, id, 'declined')) ?? decide(tx, caller, id, 'declined');
    });
  }
}

/** @returns why this person may not decide it */
async function lockUndecided(tx: Tx, { person }: Caller, id: string, decision: 'approved' | 'declined'): Promise<NamedRefusal | undefined> {
  const [row] = await tx.query<ProposalRow>(`SELECT ${COLUMNS} FROM proposals WHERE id = $1 FOR UPDATE`, [id]);
  if (!row) return NOT_FOUND;
  const may = mayDecide(row, decision, person?.id, new Date());
  return may === 'may' ? undefined : notDecidable(may);
}

async function decide(tx: Tx, caller: Caller, id: string, decision: 'approved' | 'declined'): Promise<ProposalRow> {
  const [row] = await tx.query<ProposalRow>(
    `UPDATE proposals SET decision = $2, decided_at = now(), decided_by = $3, decider = $4 WHERE id = $1 RETURNING ${COLUMNS}`,
    [id, decision, caller.person?.id, caller.person?.email],
  );
  const data = { ...row?.act, reason: row?.reason, proposedBy: row?.proposer };
  await recordAudit(tx, [{ tenantId: caller.tenantId, actor: actorOf(caller), action: `proposal.${decision}`, targetId: id, data }]);
  return withState(row as ProposalRow);
}

function withState(row: ProposalRow): ProposalRow {
  return { ...row, state: stateOf(row, new Date()) };
}

function notDecidable(no: NotDecidable): NamedRefusal {
  if (no.refused === 'not_a_person') return NO_PERSON;
  if (no.refused === 'own_proposal') return { refused: 'not_allowed', detail: 'Another operator has to approve what you proposed' };
  return { refused: 'not_possible', detail: `This proposal is ${no.state}` };
}

function isRefusal(outcome: unknown): outcome is NamedRefusal {
  return typeof outcome === 'object' && outcome !== null && 'refused' in outcome;
}
