import type { LaneStage } from '#core/generations/stages';

/** What a stage leaves in storage: a name and the ending of its key. */
export interface ArtifactName {
  name: string;
  ending: 'jpg' | 'png' | 'mp4';
}

type Output = { kind: 'image'; format: 'jpg' | 'png' } | { kind: 'video' };

/** The artifacts of each lane stage. A video's `package` makes what customers get; an image is finished by `render`. */
export function artifactsOf(stage: LaneStage, output: Output): ArtifactName[] {
  switch (stage) {
    case 'draft':
      return [{ name: 'draft', ending: 'jpg' }];
    case 'render':
      return output.kind === 'image' ? [{ name: 'image', ending: output.format }] : [{ name: 'master', ending: 'mp4' }];
    case 'package':
      return [
        { name: 'video', ending: 'mp4' },
        { name: 'image', ending: 'jpg' },
      ];
  }
}

/** The stage whose artifacts a stage starts from. */
export function inputStageOf(stage: LaneStage): LaneStage | undefined {
  return stage === 'package' ? 'render' : undefined;
}
