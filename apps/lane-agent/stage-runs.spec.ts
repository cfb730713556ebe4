import { expect, it } from 'vitest';
import { StageRuns } from '#apps/lane-agent/stage-runs';

const LEASE = { tenantId: 't', generationId: 'g' };
const stageUnder = (fence: string) => ({ ...LEASE, fence, stage: 'render', round: 0 }) as const;

it.each([
  { fence: '5', attempt: 2, earlierFails: 'Superseded' }, // Temporal gave the first attempt up
  { fence: '6', attempt: 1, earlierFails: 'LeaseLost' },
])(
  'fence $fence, attempt $attempt after fence 5, attempt 1: the earlier fails as $earlierFails and is waited for',
  async ({ fence, attempt, earlierFails }) => {
    const runs = new StageRuns();
    const earlier = await runs.open(stageUnder('5'), 1);
    const opening = runs.open(stageUnder(fence), attempt);
    expect(earlier.signal.reason).toMatchObject({ type: earlierFails });
    expect(runs.running()).toEqual([earlier]);

    runs.close(earlier);
    const opened = await opening;
    expect(runs.running()).toEqual([opened]);
  },
);

it('refuses an older lease than the one that runs', async () => {
  const runs = new StageRuns();
  await runs.open(stageUnder('5'), 1);
  await expect(runs.open(stageUnder('4'), 1)).rejects.toMatchObject({ type: 'LeaseLost' });
});

it('has lost a lease only when its stage has ended', async () => {
  const runs = new StageRuns();
  const run = await runs.open(stageUnder('5'), 1);
  let hasLost = false;
  const losing = runs.lose({ ...LEASE, fence: '5' }, 'recalled').then(() => {
    hasLost = true;
  });
  expect(run.signal.aborted).toBe(true);
  expect(hasLost).toBe(false);
  runs.close(run);
  await losing;
});

it('does not end a newer lease for the recall of an older one', async () => {
  const runs = new StageRuns();
  const run = await runs.open(stageUnder('5'), 1);
  await runs.lose({ ...LEASE, fence: '4' }, 'recalled');
  expect(run.signal.aborted).toBe(false);
});
