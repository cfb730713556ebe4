import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StageArtifact, StageOrder } from '#backends/backend';
import { createBackend } from '#backends/registry';
import { PLAIN_RECIPE, treatmentOf } from '#core/generations/recipe';
import { planScene } from '#core/generations/scene-plan';
import { pythonWith } from '#testing/python-venv';

/** Prints what PyAV and Pillow see in the files named on the command line, as JSON. They share no code with our own readers. */
const READER = `
import json, sys
import av
from PIL import Image

def video(path):
    with av.open(path) as container:
        stream = container.streams.video[0]
        frames = [(float(frame.time), frame.format.name) for frame in container.decode(stream)]
        context = stream.codec_context
        return {
            'codec': context.name, 'width': context.width, 'height': context.height, 'pixelFormat': context.pix_fmt,
            'colour': [context.color_range, context.colorspace, context.color_primaries, context.color_trc],
            'frames': len(frames), 'firstS': frames[0][0], 'lastS': frames[-1][0], 'rate': float(stream.average_rate),
            'streamS': float(stream.duration * stream.time_base), 'containerS': container.duration / av.time_base,
            'metadata': dict(container.metadata), 'streams': len(container.streams),
        }

def image(path):
    with Image.open(path) as picture:
        picture.load()
        exif = {str(tag): str(value) for tag, value in picture.getexif().items()}
        text = {key: str(value) for key, value in picture.info.items() if 'xmp' in key.lower()}
        return {'format': picture.format, 'mode': picture.mode, 'width': picture.width, 'height': picture.height, 'exif': exif, 'text': text}

print(json.dumps([video(path) if path.endswith('.mp4') else image(path) for path in sys.argv[1:]]))
`;

let python: string;
let workDir: string;

beforeAll(async () => {
  python = await pythonWith(['av>=14', 'pillow>=10']);
  workDir = await mkdtemp(join(tmpdir(), 'halogen-foreign-'));
}, 300_000);
afterAll(() => rm(workDir, { recursive: true, force: true }));

describe('a reader that is not ours', () => {
  it.each([
    { title: '5 s of 540p, 16:9', widthPx: 960, heightPx: 540, durationS: 5 },
    { title: '9 s of 9:21, small', widthPx: 90, heightPx: 210, durationS: 9 },
  ])(
    'sees the video that was ordered: $title',
    async ({ widthPx, heightPx, durationS }) => {
      const output = { kind: 'video', widthPx, heightPx, durationS, framesPerSecond: 24 } as const;
      const [master] = await runStage({ output });
      const [video, thumbnail] = await runStage({ output, stage: 'package', inputs: { master: master?.path ?? '' } });
      const [seen, seenThumbnail] = await read(video, thumbnail);

      expect(seen).toMatchObject({ codec: 'h264', width: widthPx, height: heightPx, pixelFormat: 'yuv420p', streams: 1 });
      expect(seen).toMatchObject({ frames: durationS * 24, rate: 24, firstS: 0, streamS: durationS, containerS: durationS });
      expect(seen?.lastS).toBeCloseTo(durationS - 1 / 24, 6);
      expect(seen?.colour).toEqual([1, 1, 1, 1]); // limited range; BT.709 matrix, primaries and transfer
      expect(seen?.metadata).toMatchObject({ title: 'Halogen reference', comment: expect.stringContaining('reference backend') });
      expect(seenThumbnail).toMatchObject({ format: 'JPEG', width: widthPx, height: heightPx });
    },
    60_000,
  );

  it.each([
    { format: 'png', seenFormat: 'PNG' },
    { format: 'jpg', seenFormat: 'JPEG' },
  ] as const)(
    'sees the image that was ordered: $format',
    async ({ format, seenFormat }) => {
      const [seen] = await read(
        ...(await runStage({ model: 'photon-1', output: { kind: 'image', widthPx: 1920, heightPx: 1080, format } })),
      );
      expect(seen).toMatchObject({ format: seenFormat, mode: 'RGB', width: 1920, height: 1080 });
      expect(seen?.exif).toMatchObject({ 270: expect.stringContaining('reference backend'), 305: 'Halogen reference' }); // ImageDescription, Software
      expect(JSON.stringify(seen?.text)).toContain('Halogen reference');
    },
    60_000,
  );

  it('sees that instant media are placeholders', async () => {
    const output = { kind: 'video', widthPx: 1280, heightPx: 720, durationS: 5, framesPerSecond: 24 } as const;
    const [seen] = await read(...(await runStage({ output }, 'instant')));
    expect(seen).toMatchObject({ codec: 'h264', frames: 1, metadata: { title: 'Halogen reference instant' } });
  }, 60_000);
});

async function runStage(changes: Partial<StageOrder>, referenceMode: 'full' | 'instant' = 'full'): Promise<StageArtifact[]> {
  const scene = { prompt: 'a red fox', seed: 7, round: 0 };
  const output = { kind: 'image', widthPx: 64, heightPx: 64, format: 'jpg' } as const;
  const order: StageOrder = {
    ...scene,
    stage: 'render',
    model: 'ray-2',
    output,
    treatment: treatmentOf(PLAIN_RECIPE),
    plan: planScene(scene),
    inputs: {},
    ...changes,
  };
  const context = { workDir, signal: new AbortController().signal, progress: () => {} };
  return (await createBackend('reference', { referenceMode }).runStage(order, context)).artifacts;
}

interface Seen {
  [fact: string]: unknown;
  lastS?: number;
}

async function read(...artifacts: (StageArtifact | undefined)[]): Promise<Seen[]> {
  const paths = artifacts.map((artifact) => artifact?.path ?? '');
  const { stdout } = await promisify(execFile)(python, ['-c', READER, ...paths]);
  return JSON.parse(stdout);
}
