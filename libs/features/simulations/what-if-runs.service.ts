import { Inject, Injectable } from '@nestjs/common';
import { changedLoad, type WhatIfChange, type WhatIfRefusal } from '#core/simulation/what-if';
import { readLastDay } from '#features/simulations/last-day';
import { ANSWERS_KEPT_DAYS } from '#features/simulations/limits';
import { PlannerProcess, SimulationEnded } from '#features/simulations/planner-process';
import type { WhatIfAnswer } from '#features/simulations/what-if.service';
import { HotPool } from '#platform/database/hot-pool';
import { Sweep } from '#platform/outbox/sweep';

interface Claimed {
  id: string;
  poolClass: string;
  changes: WhatIfChange[];
}

const LOOK_EVERY_MS = 1_000;
/** Told again with every sign of progress: another worker takes over what nobody works on. */
const CLAIM = `interval '60 seconds'`;
const MAX_ATTEMPTS = 2;
const TELL_EVERY_MS = 500;

/** Answers what-if questions, one after the other: the last day as it was, and as it would have been. */
@Injectable()
export class WhatIfRuns extends Sweep {
  constructor(
    @Inject(HotPool) private readonly db: HotPool,
    @Inject(PlannerProcess) private readonly planner: PlannerProcess,
  ) {
    super({ name: 'what-if', everyMs: LOOK_EVERY_MS });
  }

  async sweep(): Promise<void> {
    await this.db.query(`DELETE FROM simulations WHERE asked_at < now() - interval '${ANSWERS_KEPT_DAYS} days'`);
    for (let claimed = await this.claim(); claimed; claimed = this.isStopping ? undefined : await this.claim()) await this.answer(claimed);
  }

  private async claim(): Promise<Claimed | undefined> {
    await this.db.query(
      `UPDATE simulations SET state = 'failed', failure = 'It was begun several times and never ended', finished_at = now()
        WHERE state = 'running' AND claimed_until < now() AND attempts >= ${MAX_ATTEMPTS}`,
    );
    const [claimed] = await this.db.query<Claimed>(
      `UPDATE simulations SET state = 'running', attempts = attempts + 1, progress = 0, claimed_until = now() + ${CLAIM}
        WHERE id = (SELECT id FROM simulations WHERE state = 'waiting' OR state = 'running' AND claimed_until < now()
                     ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, pool_class AS "poolClass", changes`,
    );
    return claimed;
  }

  private async answer({ id, poolClass, changes }: Claimed): Promise<void> {
    try {
      const { from, to, ...before } = await readLastDay(this.db, poolClass, new Date());
      const after = changedLoad(before, changes);
      if ('refused' in after) return void (await this.fail(id, messageOf(after)));
      if (before.fleet.length === 0) return void (await this.fail(id, 'No node of the pool class is in service'));
      const tell = this.teller(id, 2 * before.jobs.length);
      const figures = {
        before: await this.planner.replay(before, tell),
        after: await this.planner.replay(after, (ended) => tell(before.jobs.length + ended)),
      };
      const answer: WhatIfAnswer = { ...figures, jobs: before.jobs.length, from: from.toISOString(), to: to.toISOString() };
      await this.db.query(
        `UPDATE simulations SET state = 'done', progress = 1, result = $2, finished_at = now() WHERE id = $1 AND state = 'running'`,
        [id, JSON.stringify(answer)],
      );
    } catch (error) {
      if (!(error instanceof SimulationEnded)) throw error; // tried again when its claim is over
      await this.fail(id, 'It took too long: ask about a smaller pool class');
    }
  }

  private async fail(id: string, failure: string): Promise<void> {
    await this.db.query(`UPDATE simulations SET state = 'failed', failure = $2, finished_at = now() WHERE id = $1 AND state = 'running'`, [
      id,
      failure,
    ]);
  }

  /** Tells progress now and then; what is not told is told the next time. */
  private teller(id: string, jobs: number): (ended: number) => void {
    let toldAtMs = performance.now();
    return (ended) => {
      if (performance.now() - toldAtMs < TELL_EVERY_MS) return;
      toldAtMs = performance.now();
      this.db
        .query(`UPDATE simulations SET progress = $2, claimed_until = now() + ${CLAIM} WHERE id = $1 AND state = 'running'`, [
          id,
          ended / jobs,
        ])
        .catch(() => {});
    };
  }
}

function messageOf({ refused, what }: WhatIfRefusal): string {
  switch (refused) {
    case 'unknown_node':
      return `No node ${what} is in service`;
    case 'unknown_site':
      return `No node of the site ${what} is in service`;
    case 'no_lanes_left':
      return 'Without these nodes there is no lane left';
  }
}
