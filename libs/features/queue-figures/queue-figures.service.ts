import { Injectable } from '@nestjs/common';
import { addBuckets, WAIT_BUCKETS, waitPercentile } from '#core/scheduling/wait-buckets';
import { MAX_KEPT_ANSWERS, MAX_TOLD, MAX_WAIT_ROWS } from '#features/queue-figures/limits';
import { HotPool } from '#platform/database/hot-pool';

export interface QueueDepth {
  tenantId: string;
  tenantName: string;
  serviceTier: string;
  queued: number;
  /** There are more: nobody counts further. */
  isAtLeast: boolean;
  countedAt: Date;
}

export interface QueueWait {
  tenantId: string;
  tenantName: string;
  serviceTier: string;
  starts: number;
  p50S: number;
  p95S: number;
  p99S: number;
}

export interface QueueFigures {
  depths: QueueDepth[];
  /** The busiest first. */
  waits: QueueWait[];
  stepS: number;
  /** Of the first step. */
  from: Date;
  /** Starts of each step by the bucket of their wait. */
  steps: number[][];
}

/** Which figures are wanted. */
export interface QueueWish {
  poolClass: string;
  hours: number;
  serviceTier?: string;
  tenantId?: string;
}

interface WaitRow {
  startsAt: Date;
  tenantId: string;
  tenantName: string;
  serviceTier: string;
  buckets: number[];
}

/** A range of more hours is told in whole hours. */
const FINE_HOURS = 6;
const FINE_STEP_S = 300;
const HOUR_S = 3_600;
const KEPT_MS = 5_000;

/** Queues as operators see them, from what is kept of them: nothing here reads the queues themselves. */
@Injectable()
export class QueueFiguresService {
  private readonly kept = new Map<string, { untilMs: number; figures: Promise<QueueFigures> }>();

  constructor(private readonly db: HotPool) {}

  async figures(wish: QueueWish): Promise<QueueFigures> {
    const key = JSON.stringify([wish.poolClass, wish.hours, wish.serviceTier, wish.tenantId]);
    const nowMs = Date.now();
    const known = this.kept.get(key);
    if (known && known.untilMs > nowMs) return known.figures;
    if (this.kept.size >= MAX_KEPT_ANSWERS) this.kept.clear();
    const figures = this.read(wish, nowMs);
    this.kept.set(key, { untilMs: nowMs + KEPT_MS, figures });
    figures.catch(() => this.kept.delete(key));
    return figures;
  }

  private async read({ poolClass, hours, serviceTier, tenantId }: QueueWish, nowMs: number): Promise<QueueFigures> {
    const stepS = hours <= FINE_HOURS ? FINE_STEP_S : HOUR_S;
    const stepMs = stepS * 1_000;
    const count = Math.ceil((hours * HOUR_S) / stepS);
    const fromMs = (Math.floor(nowMs / stepMs) - count + 1) * stepMs;
    const [depths, rows] = await Promise.all([
      this.db.query<QueueDepth>(
        `SELECT tenant_id AS "tenantId", tenant_name AS "tenantName", service_tier AS "serviceTier", queued, is_at_least AS "isAtLeast",
                counted_at AS "countedAt"
           FROM queue_depths_of($1, ${MAX_TOLD})`,
        [poolClass],
      ),
      this.db.query<WaitRow>(
        `SELECT starts_at AS "startsAt", tenant_id AS "tenantId", tenant_name AS "tenantName", service_tier AS "serviceTier", buckets
           FROM queue_waits_of($1, $2, $3, ${MAX_WAIT_ROWS})`,
        [poolClass, stepS, new Date(fromMs)],
      ),
    ]);
    const wanted = rows.filter(
      (row) => (serviceTier === undefined || row.serviceTier === serviceTier) && (tenantId === undefined || row.tenantId === tenantId),
    );
    const steps = Array.from({ length: count }, () => new Array<number>(WAIT_BUCKETS).fill(0));
    for (const { startsAt, buckets } of wanted) addBuckets(steps[(startsAt.getTime() - fromMs) / stepMs] ?? [], buckets);
    return { depths, waits: waitsOf(wanted), stepS, from: new Date(fromMs), steps };
  }
}

function waitsOf(rows: readonly WaitRow[]): QueueWait[] {
  const groups = Map.groupBy(rows, ({ tenantId, serviceTier }) => `${tenantId} ${serviceTier}`);
  const waits = [...groups.values()].flatMap((group) => {
    const [{ tenantId, tenantName, serviceTier }] = group as [WaitRow];
    const sum: number[] = [];
    for (const { buckets } of group) addBuckets(sum, buckets);
    const [p50S, p95S, p99S] = [50, 95, 99].map((pct) => waitPercentile(sum, pct));
    const starts = sum.reduce((all, each) => all + each, 0);
    return p50S == null || p95S == null || p99S == null ? [] : [{ tenantId, tenantName, serviceTier, starts, p50S, p95S, p99S }];
  });
  return waits.sort((one, other) => other.starts - one.starts).slice(0, MAX_TOLD);
}
