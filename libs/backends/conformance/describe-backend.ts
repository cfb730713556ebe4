import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend, StageArtifact, StageOrder } from '#backends/backend';
import { anImage, aVideo, orderOf, pixelsOf, StageRuns } from '#backends/conformance/stage-runs';
import { StageRefused } from '#backends/stage-refused';
import { probe } from '#media/probe';

export interface Expectations {
  /** `placeholder`: real files that follow neither the size nor the prompt; everything else still holds. */
  media: 'exact' | 'placeholder';
}

/** What every backend must do. `name` is what its files must say in their metadata. */
export function describeBackend(name: string, makeBackend: () => Backend, { media }: Expectations = { media: 'exact' }): void {
  describe(`backend ${name}`, () => {
    let runs: StageRuns;
    beforeEach(() => {
      runs = new StageRuns(makeBackend());
    });
    afterEach(() => runs.remove());

    describe.each([
      { title: 'draft of a video', order: orderOf({ stage: 'draft' }), artifacts: ['draft'] },
      { title: 'render of a video', order: orderOf({ stage: 'render' }), artifacts: ['master'] },
      { title: 'draft of an image', order: orderOf({ stage: 'draft', output: anImage }), artifacts: ['draft'] },
      { title: 'render of a PNG', order: orderOf({ output: anImage }), artifacts: ['image'] },
      { title: 'render of a JPEG', order: orderOf({ output: { ...anImage, format: 'jpg' } }), artifacts: ['image'] },
    ])('$title', ({ order, artifacts }) => {
      it(`makes ${artifacts}, as described and marked '${name}'`, async () => {
        const run = await runs.run(order);
        expect(run.artifacts.map((artifact) => artifact.name)).toEqual(artifacts);
        for (const artifact of run.artifacts) await expectAsDescribed(artifact, name, run.workDir);
      });

      it('tells progress that never falls and ends at 1', async () => {
        const { progress } = await runs.run(order);
        expect(progress).toEqual(progress.toSorted((one, other) => one - other));
        expect(progress.at(-1)).toBe(1);
      });

      it('draws the same pixels again', async () => {
        const [first, second] = [await runs.run(order), await runs.run(order)];
        for (const artifact of first.artifacts)
          expect((await pixelsOf(artifact)).equals(await pixelsOf(second.artifact(artifact.name)))).toBe(true);
      });

      it('does not begin after an abort', async () => {
        const reason = new Error('recalled');
        await expect(runs.run(order, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      });
    });

    it.each(['jpg', 'png'] as const)('writes an image in the format asked for: %s', async (format) => {
      const { artifacts } = await runs.run(orderOf({ output: { ...anImage, format } }));
      expect(artifacts[0]?.contentType).toBe(format === 'png' ? 'image/png' : 'image/jpeg');
    });

    it('packages a video with its thumbnail, ready to stream', async () => {
      const run = await runs.runVideo(orderOf({}));
      expect(run.artifacts.map((artifact) => artifact.name)).toEqual(['video', 'image']);
      for (const artifact of run.artifacts) await expectAsDescribed(artifact, name, run.workDir);
      expect(await probe(run.artifact('video').path)).toMatchObject({ isH264: true, isStandardColour: true, isFastStart: true });
    });

    it('refuses to package without a master', async () => {
      await expect(runs.run(orderOf({ stage: 'package' }))).rejects.toThrow(StageRefused);
    });

    it.each([
      { kind: 'video', order: orderOf({ stage: 'draft' }), metrics: ['contrast', 'meanLuma', 'motion'] },
      { kind: 'image', order: orderOf({ stage: 'draft', output: anImage }), metrics: ['contrast', 'meanLuma'] },
    ])('measures the draft of a $kind: $metrics, each 0…1', async ({ order, metrics }) => {
      const run = await runs.run(order);
      expect(Object.keys(run.metrics).sort()).toEqual(metrics);
      for (const value of Object.values(run.metrics)) expect(value).toBeGreaterThanOrEqual(0);
      for (const value of Object.values(run.metrics)) expect(value).toBeLessThanOrEqual(1);
    });

    if (media === 'exact') describeExactMedia(() => runs);
  });
}

function describeExactMedia(runs: () => StageRuns): void {
  it('makes an image of exactly the size asked for', async () => {
    const run = await runs().run(orderOf({ output: anImage }));
    expect(await probe(run.artifact('image').path)).toMatchObject({ widthPx: anImage.widthPx, heightPx: anImage.heightPx });
  });

  it('makes a video of exactly the size, frames and duration asked for', async () => {
    const run = await runs().runVideo(orderOf({}));
    const { widthPx, heightPx, durationS, framesPerSecond } = aVideo;
    expect(await probe(run.artifact('video').path)).toMatchObject({ widthPx, heightPx, durationS, frames: durationS * framesPerSecond });
  });

  it.each<{ what: string; changes: Partial<StageOrder> }>([
    { what: 'prompt', changes: { prompt: 'a blue whale under ice' } },
    { what: 'seed', changes: { seed: 8 } },
  ])('another $what gives another picture', async ({ changes }) => {
    const [one, other] = [await runs().run(orderOf({ output: anImage })), await runs().run(orderOf({ output: anImage, ...changes }))];
    expect((await pixelsOf(one.artifact('image'))).equals(await pixelsOf(other.artifact('image')))).toBe(false);
  });

  it('stops within one frame of an abort', async () => {
    const stop = new AbortController();
    const reason = new Error('recalled');
    const progressAfter: number[] = [];
    const progress = (fraction: number) => {
      if (stop.signal.aborted) progressAfter.push(fraction);
      stop.abort(reason);
    };
    await expect(runs().run(orderOf({}), { signal: stop.signal, progress })).rejects.toBe(reason);
    expect(progressAfter.length).toBeLessThanOrEqual(1);
  });
}

/** The file is where it should be and is what the artifact says of it. */
async function expectAsDescribed(artifact: StageArtifact, name: string, workDir: string): Promise<void> {
  expect(dirname(artifact.path)).toBe(workDir);
  expect((await stat(artifact.path)).size).toBe(artifact.bytes);
  const facts = await probe(artifact.path);
  expect(facts.notes).toContain(name);
  expect(`${facts.kind}/${facts.format}`).toBe(artifact.contentType);
  expect(facts).toMatchObject({ widthPx: artifact.widthPx, heightPx: artifact.heightPx });
  if (facts.kind !== 'video') return;
  expect(facts.frames).toBe(artifact.frames);
  expect(facts.durationS).toBeCloseTo(artifact.durationS ?? Number.NaN, 6);
}
