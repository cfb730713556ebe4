import { Injectable } from '@nestjs/common';
import { type FinishTold, MAX_ASKED_KINDS } from '#contracts/queues/wait-questions';
import { DEFAULT_BATCH_TIER } from '#core/ingestion/limits';
import { leftOf, type RowKind } from '#core/ingestion/row-kinds';
import type { BatchReport } from '#features/ingestion/batches.service';
import { WaitQuestions } from '#features/scheduling/wait-questions.service';

/** However many look at a batch, its schedulers are asked no more often. */
const ASK_EVERY_MS = 5_000;
const MAX_REMEMBERED = 1_000;

interface Remembered {
  askedAtMs: number;
  told: Promise<FinishTold | null>;
}

/** When batches will be done, as the planner expects it: asked when somebody looks, never written. */
@Injectable()
export class BatchForecastsService {
  private readonly remembered = new Map<string, Remembered>();

  constructor(private readonly waits: WaitQuestions) {}

  /** Null when it has ended, when nothing of it moves, or when a leader does not answer. Of a dry run: if its rows were sent now. */
  of(report: BatchReport): Promise<FinishTold | null> {
    const kinds = report.isDryRun ? Object.values(report.rowKinds) : leftOf(report);
    const isMoving = report.isDryRun ? report.state === 'completed' : report.state === 'running';
    if (!isMoving || kinds.length === 0) return Promise.resolve(null);
    const before = this.remembered.get(report.id);
    if (before && performance.now() - before.askedAtMs < ASK_EVERY_MS) return before.told;
    const told = this.ask(report, kinds);
    this.remembered.delete(report.id);
    this.remembered.set(report.id, { askedAtMs: performance.now(), told });
    if (this.remembered.size > MAX_REMEMBERED) this.remembered.delete(this.remembered.keys().next().value as string);
    return told;
  }

  /** Its end is that of the pool class that is done last. */
  private async ask({ tenantId, options }: BatchReport, kinds: readonly RowKind[]): Promise<FinishTold | null> {
    const tier = options.serviceTier ?? DEFAULT_BATCH_TIER;
    const byPool = [...Map.groupBy(kinds, ({ poolClass }) => poolClass)];
    const told = await Promise.all(
      byPool.map(([poolClass, ofPool]) =>
        this.waits.askFinish({ poolClass, tenantId, tier, priority: options.priority, kinds: mostOf(ofPool) }).catch(() => null),
      ),
    );
    const known = told.filter((one) => one !== null);
    if (known.length < told.length) return null;
    const last = (of: (one: FinishTold) => number) => Math.max(...known.map(of));
    return { finishP50: last(({ finishP50 }) => finishP50), finishP90: last(({ finishP90 }) => finishP90) };
  }
}

/** The kinds with most work. What little is left of a very mixed batch counts as more of the last of them. */
function mostOf(kinds: readonly RowKind[]): RowKind[] {
  const sorted = kinds.toSorted((one, other) => other.burnLaneMs - one.burnLaneMs);
  const most = sorted.slice(0, MAX_ASKED_KINDS);
  const last = most.at(-1);
  const rest = sorted.slice(MAX_ASKED_KINDS);
  if (!last || rest.length === 0) return most;
  const sum = (of: (kind: RowKind) => number) => rest.reduce((total, kind) => total + of(kind), of(last));
  return [...most.slice(0, -1), { ...last, rows: sum(({ rows }) => rows), burnLaneMs: sum(({ burnLaneMs }) => burnLaneMs) }];
}
