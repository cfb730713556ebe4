import { LostLeases } from '#apps/lane-agent/lost-leases';
import { leaseLost, superseded } from '#apps/lane-agent/stage-failures';
import type { LeaseRef } from '#core/generations/lease';
import type { LaneStage } from '#core/generations/stages';

export interface LaneStageInput extends LeaseRef {
  stage: LaneStage;
  round: number;
}

/** One stage that this node works on, from the moment Temporal brought it until its answer. */
export class StageRun {
  /** 0…1. */
  fraction = 0;
  /** Its process runs on the lane. */
  began = false;
  private readonly stopper = new AbortController();
  private readonly end = Promise.withResolvers<void>();

  constructor(readonly input: LaneStageInput) {}

  get lease(): LeaseRef {
    const { tenantId, generationId, fence } = this.input;
    return { tenantId, generationId, fence };
  }

  /** Aborted with the failure that the stage's activity shall throw. */
  get signal(): AbortSignal {
    return this.stopper.signal;
  }

  /** Resolves when the stage has left its lanes. */
  get ended(): Promise<void> {
    return this.end.promise;
  }

  stop(failure: Error): void {
    this.stopper.abort(failure);
  }

  finish(): void {
    this.end.resolve();
  }
}

/** The stages this node works on, at most one for a generation, and the leases it must not work for any more. */
export class StageRuns {
  private readonly byGeneration = new Map<string, StageRun>();
  private readonly lost = new LostLeases();
  private refusal: string | undefined;

  /**
   * Opens a run. A newer lease, or a newer attempt under the same lease, ends the run that is there and waits until its lanes are free.
   * Throws LeaseLost for a lease that is known as lost, and while the node takes no stages. The caller calls `close`.
   */
  async open(input: LaneStageInput, attempt: number): Promise<StageRun> {
    for (;;) {
      this.refuseIfLost(input);
      const present = this.byGeneration.get(input.generationId);
      if (!present) break;
      const age = BigInt(input.fence) - BigInt(present.input.fence);
      if (age < 0n) throw leaseLost(input, 'a newer lease runs here');
      if (age > 0n) void this.lose(present.lease, 'a newer lease came');
      else present.stop(superseded(attempt));
      await present.ended;
    }
    const run = new StageRun(input);
    this.byGeneration.set(input.generationId, run);
    return run;
  }

  close(run: StageRun): void {
    if (this.byGeneration.get(run.input.generationId) === run) this.byGeneration.delete(run.input.generationId);
    run.finish();
  }

  running(): StageRun[] {
    return [...this.byGeneration.values()];
  }

  /** Resolves when no stage of this lease, or of an older one of its generation, is on a lane; none will be again. */
  async lose(lease: LeaseRef, why: string): Promise<void> {
    this.lost.add(lease);
    const run = this.byGeneration.get(lease.generationId);
    if (!run || !this.lost.has(run.input)) return;
    run.stop(leaseLost(run.input, why));
    await run.ended;
  }

  /** No stage is taken until `takeStages`; those that run go on. */
  refuseStages(why: string): void {
    this.refusal = why;
  }

  takeStages(): void {
    this.refusal = undefined;
  }

  private refuseIfLost(input: LaneStageInput): void {
    if (this.lost.has(input)) throw leaseLost(input, 'it was recalled');
    if (this.refusal) throw leaseLost(input, this.refusal);
  }
}
