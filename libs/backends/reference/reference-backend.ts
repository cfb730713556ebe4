import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'node-av/lib';
import type { Backend, ImageOutput, StageArtifact, StageContext, StageOrder, StageResult, VideoOutput } from '#backends/backend';
import type { CanvasSize } from '#backends/reference/draw-scene';
import { runInstantStage } from '#backends/reference/instant-stage';
import { loadPictures, type Pictures } from '#backends/reference/load-pictures';
import { DraftMeter } from '#backends/reference/measure-draft';
import { referenceNotes } from '#backends/reference/reference-notes';
import { drawable, remakePainter } from '#backends/reference/remake-painter';
import { barePainter, scenePainter } from '#backends/reference/scene-painter';
import { synthesizeSound } from '#backends/reference/synthesize-sound';
import { StageRefused } from '#backends/stage-refused';
import type { Treatment } from '#core/generations/recipe';
import type { LaneStage } from '#core/generations/stages';
import { encodeJpeg } from '#media/jpeg/encode-jpeg';
import { addSound } from '#media/mp4/add-sound';
import { decodedFrames, PictureReader } from '#media/mp4/decoded-frames';
import { readFrame } from '#media/mp4/read-frame';
import { remuxMp4 } from '#media/mp4/remux-mp4';
import { writeMp4 } from '#media/mp4/write-mp4';
import { encodePng } from '#media/png/encode-png';
import type { RgbPicture } from '#media/rgb-picture';

const DRAFT_SHORT_SIDE_PX = 180;
const DRAFT_FRAMES = 6;

/** `instant` writes the same tiny placeholder for every order, for load tests. */
export type ReferenceMode = 'full' | 'instant';

/** Draws deterministic media on the CPU: real files of the exact size, length and colour encoding, but no model's work. */
export class ReferenceBackend implements Backend {
  readonly name = 'reference';
  private readonly mode: ReferenceMode;

  constructor({ mode = 'full' }: { mode?: ReferenceMode } = {}) {
    this.mode = mode;
  }

  async runStage(order: StageOrder, context: StageContext): Promise<StageResult> {
    context.signal.throwIfAborted();
    refuseImpossible(order);
    if (this.mode === 'instant') return runInstantStage(order, context);
    if (order.stage === 'draft') return draft(order, context);
    if (order.output.kind === 'image') return renderImage(order, order.output, context);
    return VIDEO_STAGES[order.stage](order, order.output, context);
  }
}

const VIDEO_STAGES = { render: renderVideo, upscale: upscaleVideo, audio: addAudio, package: packageVideo };
/** Without these inputs a stage has nothing to begin with. */
const NEEDED_INPUTS: Partial<Record<LaneStage, string>> = { package: 'master', upscale: 'source', audio: 'source' };

function refuseImpossible({ stage, output, treatment, inputs }: StageOrder): void {
  if (output.kind === 'image' && stage !== 'draft' && stage !== 'render') throw new StageRefused(`stage '${stage}' is not for images`);
  const needed = isRemade(treatment) && stage === 'render' ? 'media' : NEEDED_INPUTS[stage];
  if (needed && !inputs[needed]) throw new StageRefused(`stage '${stage}' needs the input '${needed}'`);
  if (output.kind === 'image') return;
  const { widthPx, heightPx, durationS, framesPerSecond } = output;
  const frames = durationS * framesPerSecond;
  if (!Number.isInteger(frames) || frames < 1)
    throw new StageRefused(`${durationS} s at ${framesPerSecond} frames per second are not whole frames`);
  if (widthPx % 2 || heightPx % 2) throw new StageRefused(`a video's sides are even, not ${widthPx} x ${heightPx}`);
}

/** A few small pictures spread over the length: measured without their caption, kept with it. */
async function draft(order: StageOrder, { workDir, signal, progress }: StageContext): Promise<StageResult> {
  const size = draftSizeOf(order.output);
  const paint = barePainter(order, size);
  const meter = new DraftMeter();
  const times = order.output.kind === 'video' ? momentsOf(order.output.durationS) : [0];
  for (const [index, timeS] of times.entries()) {
    signal.throwIfAborted();
    meter.add(paint(timeS));
    progress((index + 1) / (times.length + 1));
  }
  const picture = await encodeJpeg(scenePainter(order, size)(0), referenceNotes(order.model));
  signal.throwIfAborted();
  const artifact = await pictureArtifact('draft', join(workDir, 'draft.jpg'), picture, size);
  progress(1);
  return { artifacts: [artifact], metrics: meter.metrics() };
}

async function renderVideo(order: StageOrder, output: VideoOutput, context: StageContext): Promise<StageResult> {
  const pictures = await loadPictures(order.inputs, 'video');
  return master(
    order,
    output,
    context,
    isRemade(order.treatment) ? remadeFrames(order, output, pictures) : drawnFrames(order, output, pictures),
  );
}

function* drawnFrames(order: StageOrder, output: VideoOutput, pictures: Pictures): Generator<Buffer> {
  const paint = scenePainter(order, output, pictures);
  for (let index = 0; index < output.durationS * output.framesPerSecond; index++) yield paint(index / output.framesPerSecond).pixels;
}

async function* remadeFrames(order: StageOrder, output: VideoOutput, pictures: Pictures): AsyncGenerator<Buffer> {
  const paint = remakePainter(order, output, pictures, { ...output, loops: false });
  using reader = new PictureReader();
  let index = 0;
  let asDrawable: ReturnType<typeof drawable> | undefined;
  for await (const frame of decodedFrames(order.inputs.media ?? '')) {
    const picture = await reader.read(frame);
    asDrawable ??= drawable(picture);
    yield paint(asDrawable(picture), index++ / output.framesPerSecond).pixels;
  }
}

/** The same pictures, larger: scaled by the encoder's own converter, so that no more than a few are in memory. */
async function upscaleVideo(order: StageOrder, output: VideoOutput, context: StageContext): Promise<StageResult> {
  return master(order, output, context, decodedFrames(order.inputs.source ?? ''));
}

async function addAudio(order: StageOrder, output: VideoOutput, { workDir, signal, progress }: StageContext): Promise<StageResult> {
  const path = join(workDir, 'master.mp4');
  const { prompt, seed, treatment, inputs } = order;
  const sound = synthesizeSound({ prompt, negativePrompt: treatment.negativePrompt ?? '', seed, durationS: output.durationS });
  await addSound(inputs.source ?? '', path, referenceNotes(order.model), sound);
  signal.throwIfAborted();
  progress(1);
  return { artifacts: [await videoArtifact('master', path, output)], metrics: {} };
}

/** Encodes the pictures one by one as they come. */
async function master(
  { model }: StageOrder,
  output: VideoOutput,
  { workDir, signal, progress }: StageContext,
  pictures: Iterable<Buffer> | AsyncIterable<Buffer | Frame>,
): Promise<StageResult> {
  const path = join(workDir, 'master.mp4');
  const frames = output.durationS * output.framesPerSecond;
  async function* counted() {
    let index = 0;
    for await (const picture of pictures) {
      signal.throwIfAborted();
      yield picture;
      progress(Math.min(1, ++index / frames));
    }
  }
  await writeMp4(path, output, referenceNotes(model), counted());
  signal.throwIfAborted();
  return { artifacts: [await videoArtifact('master', path, output)], metrics: {} };
}

function isRemade({ operation }: Treatment): boolean {
  return operation === 'reframe' || operation === 'modify';
}

async function renderImage(order: StageOrder, output: ImageOutput, { workDir, signal, progress }: StageContext): Promise<StageResult> {
  const pictures = await loadPictures(order.inputs, 'image');
  const media = pictures.get('media');
  const picture = media ? remakePainter(order, output, pictures)(media, 0) : scenePainter(order, output, pictures)(0);
  progress(0.5);
  const encode = output.format === 'png' ? encodePng : encodeJpeg;
  const bytes = await encode(picture, referenceNotes(order.model));
  signal.throwIfAborted();
  const artifact = await pictureArtifact('image', join(workDir, `image.${output.format}`), bytes, output);
  progress(1);
  return { artifacts: [artifact], metrics: {} };
}

/** The final file, and a thumbnail decoded from it: what the customer sees first is what the file holds. */
async function packageVideo(order: StageOrder, output: VideoOutput, { workDir, signal, progress }: StageContext): Promise<StageResult> {
  const { master = '' } = order.inputs; // never '': such an order was refused
  const notes = referenceNotes(order.model);
  const path = join(workDir, 'video.mp4');
  // A master that was only made larger has no sound of its own yet: it is the source's.
  await remuxMp4(master, path, notes, order.treatment.operation === 'upscale' ? order.inputs.source : master);
  signal.throwIfAborted();
  progress(0.5);

  const thumbnail = await readFrame(path, 0);
  const image = await encodeJpeg(thumbnail, notes);
  signal.throwIfAborted();
  const artifacts = [
    await videoArtifact('video', path, output),
    await pictureArtifact('image', join(workDir, 'thumbnail.jpg'), image, thumbnail),
  ];
  progress(1);
  return { artifacts, metrics: {} };
}

function momentsOf(durationS: number): number[] {
  return Array.from({ length: DRAFT_FRAMES }, (_, index) => (durationS * index) / DRAFT_FRAMES);
}

function draftSizeOf({ widthPx, heightPx }: CanvasSize): CanvasSize {
  const scale = DRAFT_SHORT_SIDE_PX / Math.min(widthPx, heightPx);
  return { widthPx: Math.round(widthPx * scale), heightPx: Math.round(heightPx * scale) };
}

async function videoArtifact(name: string, path: string, output: VideoOutput): Promise<StageArtifact> {
  const { widthPx, heightPx, durationS } = output;
  const { size: bytes } = await stat(path);
  return { name, path, contentType: 'video/mp4', bytes, widthPx, heightPx, durationS, frames: output.durationS * output.framesPerSecond };
}

async function pictureArtifact(
  name: string,
  path: string,
  picture: Buffer,
  { widthPx, heightPx }: CanvasSize | RgbPicture,
): Promise<StageArtifact> {
  await writeFile(path, picture);
  return { name, path, contentType: path.endsWith('.png') ? 'image/png' : 'image/jpeg', bytes: picture.length, widthPx, heightPx };
}
