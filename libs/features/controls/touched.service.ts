import { Injectable } from '@nestjs/common';
import type { NamedRefusal } from '#contracts/problems';
import type { Caller } from '#core/access/caller';
import { needsSecondPerson } from '#core/controls/second-person';
import { isKnownStop, type Stop } from '#core/controls/switches';
import type { TouchedKind } from '#core/controls/touched';
import { formatCredits } from '#core/ledger/credits';
import { CapacityCutsService, type WantedCut } from '#features/capacity/capacity-cuts.service';
import { MAX_COUNTED } from '#features/controls/limits';
import { HotPool } from '#platform/database/hot-pool';

/** What an act would touch, counted up to a bound. */
export interface Touched {
  counts: readonly { what: TouchedKind; value: number; exact: boolean }[];
  /** Service credit of what would be taken. */
  credits: string | null;
  needsSecondPerson: boolean;
}

/** An act whose effect can be counted before it is done. */
export type CountedAct =
  | ({ does: 'switch' } & Stop)
  | { does: 'pause'; tenantId?: string | undefined; poolClass?: string | undefined }
  | ({ does: 'cut' } & Omit<WantedCut, 'reason' | 'force'>);

/** The dry run of what operators stop or take: nothing is written. */
@Injectable()
export class TouchedService {
  constructor(
    private readonly db: HotPool,
    private readonly cuts: CapacityCutsService,
  ) {}

  async by(caller: Caller, act: CountedAct): Promise<Touched | NamedRefusal> {
    if (act.does === 'cut') return this.byCut(caller, act);
    if (act.does === 'pause') {
      const { tenantId, poolClass } = act;
      const stop = tenantId ? { scope: 'tenant' as const, subject: tenantId } : { scope: 'pool' as const, subject: poolClass ?? '' };
      return {
        counts: [...(await this.counted({ stops: 'submits', ...stop })), await this.units(stop)],
        credits: null,
        needsSecondPerson: false,
      };
    }
    if (!isKnownStop(act)) return { refused: 'invalid_fields', detail: 'There is no such switch' };
    return { counts: await this.counted(act), credits: null, needsSecondPerson: needsSecondPerson(act) };
  }

  private counted({ stops, scope, subject }: Stop): Promise<{ what: TouchedKind; value: number; exact: boolean }[]> {
    return this.db.query('SELECT what, value, exact FROM touched_by($1, $2, $3, $4)', [stops, scope, subject, MAX_COUNTED]);
  }

  /** Guarantees that cannot be kept while nothing new starts. */
  private async units({ scope, subject }: { scope: 'tenant' | 'pool'; subject: string }): Promise<Touched['counts'][number]> {
    const sql =
      scope === 'tenant'
        ? 'SELECT coalesce(sum(units), 0)::int AS value FROM guarantees WHERE tenant_id = $1::uuid'
        : `SELECT coalesce(sum(units_delta), 0)::int AS value FROM sold_steps($1) WHERE on_day <= (now() AT TIME ZONE 'UTC')::date`;
    const [row] = await this.db.transaction('guarantees touched', scope === 'tenant' ? [subject] : [], (tx) =>
      tx.query<{ value: number }>(sql, [subject]),
    );
    return { what: 'guaranteed_units', value: row?.value ?? 0, exact: true };
  }

  private async byCut(caller: Caller, { does: _, ...act }: Extract<CountedAct, { does: 'cut' }>): Promise<Touched | NamedRefusal> {
    const outcome = await this.cuts.wouldTake(caller, { ...act, reason: 'a dry run', force: true });
    if ('refused' in outcome) return outcome;
    const { taken, losesSite } = outcome;
    const of = (what: TouchedKind, value: number) => ({ what, value, exact: true });
    return {
      counts: [
        of('commitments', new Set(taken.map(({ commitmentId }) => commitmentId)).size),
        of('tenants', new Set(taken.map(({ tenantId }) => tenantId)).size),
        of('taken_units', Math.max(0, ...takenByDay(taken))),
      ],
      credits: formatCredits(taken.reduce((sum, { creditMicro }) => sum + creditMicro, 0n)),
      needsSecondPerson: needsSecondPerson({ takesSold: taken.length > 0, losesSite }),
    };
  }
}

/** Units that are missing on each day on which a cut begins. */
function takenByDay(taken: readonly { units: number; startsOn: number; endsOn: number }[]): number[] {
  return taken.map(({ startsOn }) =>
    taken.filter((one) => one.startsOn <= startsOn && startsOn < one.endsOn).reduce((sum, { units }) => sum + units, 0),
  );
}
