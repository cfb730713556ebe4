import { Context } from '@temporalio/activity';
import { downloadInputs } from '#apps/lane-agent/download-inputs';
import { type ChildRun, LaneChildDied, type StageProgress, StageThrew } from '#apps/lane-agent/lane-child-process';
import { LaneBusy, type LanePool, NoSuchLane } from '#apps/lane-agent/lane-pool';
import type { SchedulerLink } from '#apps/lane-agent/scheduler-link';
import { leaseLost, stageFailed, tryAgain } from '#apps/lane-agent/stage-failures';
import type { LaneStageInput, StageRun, StageRuns } from '#apps/lane-agent/stage-runs';
import { uploadArtifact } from '#apps/lane-agent/upload-artifact';
import type { WorkDirs } from '#apps/lane-agent/work-dirs';
import type { WorkOrders } from '#apps/lane-agent/work-orders';
import type { StageArtifact, StageOrder } from '#backends/backend';
import type { StageOutcome, WorkOrder } from '#contracts/lanes/work-order';
import type { ScenePlan } from '#core/generations/scene-plan';
import { inSpan } from '#platform/telemetry/spans';

const TEMPORAL_HEARTBEAT_EVERY_MS = 1_000;

/** One lane stage as a Temporal activity: order, inputs, run, uploads. Every end of it leaves its lanes free and its folder gone. */
export class StageActivity {
  constructor(
    private readonly runs: StageRuns,
    private readonly link: Pick<SchedulerLink, 'isHeard' | 'send'>,
    private readonly orders: WorkOrders,
    private readonly lanes: LanePool,
    private readonly workDirs: WorkDirs,
  ) {}

  /** The activity itself. Fails as `stage-failures` lists, or as cancelled when Temporal cancelled it. */
  readonly runLaneStage = async (input: LaneStageInput): Promise<StageOutcome> => {
    const { generationId, fence, stage, round } = input;
    const { attempt } = Context.current().info;
    const attributes = {
      'halogen.generation_id': generationId,
      'halogen.fence': fence,
      'halogen.stage': stage,
      'halogen.round': round,
      'halogen.attempt': attempt,
    };
    return inSpan(`stage ${stage}`, { attributes }, async (span) => {
      await this.refuseIfAlone(input);
      const run = await this.runs.open(input, attempt);
      const endWatch = watchTemporal(run);
      try {
        const order = await this.orders.fetch({ ...run.lease, stage, round, attempt }, run.signal);
        span.setAttribute('halogen.lane', order.laneIds.join(','));
        return await this.workDirs.within((folder) => this.fulfil(run, order, folder));
      } catch (error) {
        throw run.signal.aborted ? run.signal.reason : error;
      } finally {
        endWatch();
        this.runs.close(run);
      }
    });
  };

  private async fulfil(run: StageRun, order: WorkOrder, folder: string): Promise<StageOutcome> {
    const inputs = await downloadInputs(order.inputs, folder, run.signal);
    const { result, ranMs, backend } = await this.runInChild(run, order, inputs, folder);
    const artifacts: StageOutcome['artifacts'] = [];
    for (const artifact of result.artifacts) {
      const upload = order.uploads.find(({ name }) => name === artifact.name);
      if (!upload) throw stageFailed(`the backend made '${artifact.name}', which nobody ordered`);
      await uploadArtifact(artifact, upload.url, run.lease, run.signal);
      artifacts.push(uploaded(artifact, upload.key));
    }
    run.signal.throwIfAborted();
    return { artifacts, metrics: result.metrics, backend, ranMs };
  }

  private runInChild(run: StageRun, order: WorkOrder, inputs: Record<string, string>, folder: string): Promise<ChildRun> {
    const { stage } = run.input;
    const progress: StageProgress = {
      began: () => {
        run.began = true;
        this.link.send({ type: 'began', ...run.lease, stage });
      },
      progressed: (fraction) => {
        run.fraction = fraction;
      },
    };
    return inSpan(`lane ${stage}`, { attributes: { 'halogen.lane': order.laneIds.join(','), 'halogen.model': order.model } }, async () => {
      try {
        return await this.lanes.runStage(order.laneIds, stageOrderOf(run.input, order, inputs), folder, progress, run.signal);
      } catch (error) {
        throw run.signal.aborted ? run.signal.reason : failureOf(error, run);
      } finally {
        run.began = false;
      }
    });
  }

  private async refuseIfAlone(input: LaneStageInput): Promise<void> {
    if (!(await this.link.isHeard(Context.current().cancellationSignal))) throw leaseLost(input, 'no scheduler knows this node');
  }
}

/** Tells Temporal that the stage is alive and how far it is, and the stage when Temporal does not want it any more. @returns how to end that */
function watchTemporal(run: StageRun): () => void {
  const { cancellationSignal, heartbeat } = boundContext();
  const heartbeats = setInterval(() => heartbeat({ fraction: run.fraction }), TEMPORAL_HEARTBEAT_EVERY_MS);
  const cancel = () => run.stop(cancellationSignal.reason);
  if (cancellationSignal.aborted) cancel();
  else cancellationSignal.addEventListener('abort', cancel, { once: true });
  return () => {
    clearInterval(heartbeats);
    cancellationSignal.removeEventListener('abort', cancel);
  };
}

function boundContext() {
  const context = Context.current();
  return { cancellationSignal: context.cancellationSignal, heartbeat: (details: unknown) => context.heartbeat(details) };
}

function stageOrderOf({ stage, round }: LaneStageInput, order: WorkOrder, inputs: Record<string, string>): StageOrder {
  const { model, prompt, seed, output, treatment } = order;
  return { stage, round, model, prompt, seed, output, treatment, plan: order.plan as ScenePlan | null, inputs };
}

function failureOf(error: unknown, run: StageRun): unknown {
  if (error instanceof StageThrew) return error.refused ? stageFailed(error.message) : tryAgain('StageThrew', error.message);
  if (error instanceof LaneChildDied) return tryAgain('LaneChildDied', error.message);
  if (error instanceof LaneBusy) return tryAgain('LaneBusy', error.message);
  if (error instanceof NoSuchLane) return leaseLost(run.lease, error.message);
  return error;
}

function uploaded({ path: _path, ...artifact }: StageArtifact, key: string): StageOutcome['artifacts'][number] {
  return { ...artifact, key };
}
