import type { StageOutcome } from '#contracts/lanes/work-order';
import type { ControlActivities, LaneActivities, Outcome } from '#workflows/activities';

/** What a run may meet, for tests and recorded histories; everything else goes well. */
export type Script = Partial<ControlActivities & LaneActivities>;

export interface Call {
  activity: string;
  /** `stage/round` where there are any. */
  at: string | null;
}

/** A lane and a control plane that note every call and do what the script says. */
export function scriptedActivities(script: Script = {}) {
  const calls: Call[] = [];
  const goesWell: ControlActivities & LaneActivities = {
    moderate: async () => null,
    fetchMedia: async () => null,
    plan: async () => null,
    judge: async () => ({ verdict: 'accept' }),
    publish: async () => null,
    saveCheckpoint: async () => null,
    settle: async (): Promise<Outcome> => 'completed',
    release: async (): Promise<Outcome> => 'failed',
    handBack: async () => null,
    runLaneStage: async ({ stage }): Promise<StageOutcome> => ({
      artifacts: [{ name: stage, key: `tenant/generation/${stage}`, contentType: 'image/png', bytes: 1 }],
      metrics: {},
      backend: 'scripted',
      ranMs: 1,
    }),
  };
  const { runLaneStage, ...control } = noted({ ...goesWell, ...script }, calls);
  return { calls, lane: { runLaneStage } satisfies LaneActivities, control: control satisfies ControlActivities };
}

function noted<Activities extends object>(activities: Activities, calls: Call[]): Activities {
  return Object.fromEntries(
    Object.entries(activities).map(([activity, run]) => [
      activity,
      (input: Record<string, unknown>) => {
        calls.push({ activity, at: whereOf(input) });
        return run(input);
      },
    ]),
  ) as Activities;
}

function whereOf({ stage, round, reason }: Record<string, unknown>): string | null {
  if (reason !== undefined) return String(reason);
  if (round === undefined) return null;
  return stage === undefined ? String(round) : `${stage}/${round}`;
}
