import type { LeaseRef } from '#core/generations/lease';
import type { LaneStage, Stage } from '#core/generations/stages';

/** What a stage leaves in storage: a name and the ending of its key. */
export interface ArtifactName {
  name: string;
  ending: 'jpg' | 'png' | 'mp4';
}

type Output = { kind: 'image'; format: 'jpg' | 'png' } | { kind: 'video' };

/** The artifacts of each lane stage. A video's `package` makes what customers get out of a `master`; an image is finished by `render`. */
export function artifactsOf(stage: LaneStage, output: Output): ArtifactName[] {
  switch (stage) {
    case 'draft':
      return [{ name: 'draft', ending: 'jpg' }];
    case 'render':
      return output.kind === 'image' ? [{ name: 'image', ending: output.format }] : [{ name: 'master', ending: 'mp4' }];
    case 'upscale':
    case 'audio':
      return [{ name: 'master', ending: 'mp4' }];
    case 'package':
      return [
        { name: 'video', ending: 'mp4' },
        { name: 'image', ending: 'jpg' },
      ];
  }
}

/** What a finished stage left, as its checkpoint names it. */
interface FinishedWith {
  stage: Stage;
  outcome: { artifacts?: StoredArtifact[] };
}
interface StoredArtifact {
  name: string;
  key: string;
}

/**
 * The artifacts a lane stage starts from. What was fetched goes to every stage that draws; packaging takes the master, and of the fetched
 * media only the source, whose sound it keeps.
 */
export function inputArtifactsOf(stage: LaneStage, finished: readonly FinishedWith[]): StoredArtifact[] {
  const leftBy = (one: Stage) => finished.find((done) => done.stage === one)?.outcome.artifacts ?? [];
  const fetched = leftBy('fetch');
  if (stage === 'draft') return [];
  if (stage !== 'package') return fetched;
  const masters = MASTERING_STAGES.flatMap(leftBy).filter(({ name }) => name === 'master');
  return [...masters.slice(0, 1), ...fetched.filter(({ name }) => name === 'source')];
}

const MASTERING_STAGES = ['render', 'upscale', 'audio'] as const satisfies readonly LaneStage[];

type StageOfLease = LeaseRef & { stage: LaneStage | 'fetch'; round: number };

/** Where one attempt of a stage keeps its artifacts: a late attempt under an old fence can never meet a newer one's object. */
export function artifactFolder({ tenantId, generationId, fence, stage, round, attempt }: StageOfLease & { attempt: number }): string {
  return `${tenantId}/${generationId}/${fence}/${stage}-${round}-${attempt}`;
}

/** Whether a storage key that a node reports can be an artifact of this stage of this lease: a node may not name anyone else's object. */
export function isArtifactOf(stage: StageOfLease, key: string): boolean {
  const folder = artifactFolder({ ...stage, attempt: 0 }).slice(0, -1);
  return key.startsWith(folder) && /^\d{1,4}\/[a-z]+\.[a-z0-9]+$/.test(key.slice(folder.length));
}
