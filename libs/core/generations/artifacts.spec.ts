import { expect, it } from 'vitest';
import { artifactFolder, isArtifactOf } from '#core/generations/artifacts';

const lease = { tenantId: 't', generationId: 'g', fence: '3' };
const render = { ...lease, stage: 'render', round: 0 } as const;

it('keeps fence, stage, round and attempt apart', () => {
  expect(artifactFolder({ ...render, attempt: 2 })).toBe('t/g/3/render-0-2');
});

it.each([
  ['t/g/3/render-0-1/master.mp4', true],
  ['t/g/3/render-0-12/master.mp4', true],
  ['t/g/2/render-0-1/master.mp4', false], // an older fence
  ['t/g/3/render-1-1/master.mp4', false], // another round
  ['t/g/3/draft-0-1/master.mp4', false],
  ['u/g/3/render-0-1/master.mp4', false], // another tenant
  ['t/g/3/render-0-1/../../../../u/g/1/x/y.mp4', false],
  ['t/g/3/render-0-x/master.mp4', false],
])('%s of this stage: %s', (key, expected) => {
  expect(isArtifactOf(render, key)).toBe(expected);
});
