import { Injectable } from '@nestjs/common';
import { HotPool } from '#platform/database/hot-pool';

export interface LendingDay {
  /** ISO, UTC. */
  day: string;
  lenderId: string;
  lenderName: string;
  borrowerId: string;
  borrowerName: string;
  laneMinutes: number;
}

/** Who lent lanes to whom, by day. */
@Injectable()
export class LendingDaysService {
  constructor(private readonly db: HotPool) {}

  /** Newest day first, and of a day what was lent most. @param before a day, ISO */
  async list(poolClass: string, before: string, limit: number): Promise<LendingDay[]> {
    return this.db.query<LendingDay>(
      `SELECT day::text AS day, lender_id AS "lenderId", lender_name AS "lenderName", borrower_id AS "borrowerId", borrower_name AS "borrowerName",
              lane_minutes AS "laneMinutes"
         FROM lending_before($1, $2::date, $3)`,
      [poolClass, before, limit],
    );
  }
}
