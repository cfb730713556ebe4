import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { OtlpReceiver } from '#infra/local/otlp-receiver';
import { traceTree } from '#infra/local/trace-tree';
import { probe } from '#media/probe';

const REQUEST = {
  model: 'ray-2',
  prompt: 'a lighthouse on a cliff at dusk, slow push in',
  resolution: '540p',
  duration: '5s',
  aspect_ratio: '16:9',
};
const FINAL_LIMIT_MS = 180_000;
const POLL_EVERY_MS = 250;
/** The last spans are sent a moment after the work is done. */
const TRACE_LIMIT_MS = 10_000;
/** The trace is complete when each of these has told its part and the run, which ends last, has told its own: its steps hang below it. */
const SERVICES = ['halogen-api', 'halogen-scheduler', 'halogen-generation-worker', 'halogen-lane-agent'];
const RUN = 'RunWorkflow:generate';

export interface FirstGenerationOptions {
  /** Origin of the API. */
  api: string;
  key: string;
  otlp: OtlpReceiver;
  homeDir: string;
}

export interface FirstGeneration {
  id: string;
  assetUrl: string;
  /** A copy of the asset. */
  path: string;
  sizeBytes: number;
  durationS: number;
  widthPx: number;
  heightPx: number;
  /** One line per transfer. */
  ledgerLines: string[];
  /** Indented text. */
  trace: string;
}

interface DreamMachineGeneration {
  id: string;
  state: 'queued' | 'dreaming' | 'completed' | 'failed';
  failure_reason?: string | null;
  assets?: { video?: string };
}

interface Transfer {
  code: string;
  debit: string;
  credit: string;
  amountCredits: string;
  createdAt: string;
}

/** Sends one video through every process, as a customer would, and gathers what came of it. */
export async function firstGeneration({ api, key, otlp, homeDir }: FirstGenerationOptions): Promise<FirstGeneration> {
  const { generation, traceId } = await create(api, key);
  const assetUrl = await finalAsset(api, key, generation.id);
  const path = join(homeDir, 'first-generation', `${generation.id}.mp4`);
  await download(assetUrl, path);
  const facts = await probe(path);
  if (facts.kind !== 'video') throw new Error(`the asset of the first generation is no video: ${assetUrl}`);
  return {
    id: generation.id,
    assetUrl,
    path,
    sizeBytes: (await stat(path)).size,
    durationS: facts.durationS,
    widthPx: facts.widthPx,
    heightPx: facts.heightPx,
    ledgerLines: await ledgerLines(api, key, generation.id),
    trace: await trace(otlp, traceId),
  };
}

async function create(api: string, key: string): Promise<{ generation: DreamMachineGeneration; traceId: string | undefined }> {
  const response = await ask(`${api}/dream-machine/v1/generations/video`, key, { method: 'POST', body: JSON.stringify(REQUEST) });
  const traceId = response.headers.get('x-halogen-trace-id') ?? response.headers.get('traceparent')?.split('-')[1];
  return { generation: (await response.json()) as DreamMachineGeneration, traceId };
}

async function finalAsset(api: string, key: string, id: string): Promise<string> {
  const limit = Date.now() + FINAL_LIMIT_MS;
  while (Date.now() < limit) {
    const response = await ask(`${api}/dream-machine/v1/generations/${id}`, key);
    const { state, failure_reason: reason, assets } = (await response.json()) as DreamMachineGeneration;
    if (state === 'completed' && assets?.video) return assets.video;
    if (state === 'failed') throw new Error(`the first generation failed: ${reason}`);
    await delay(POLL_EVERY_MS);
  }
  throw new Error(`the first generation (${id}) was not done after ${FINAL_LIMIT_MS / 1000} s; see the logs in the home folder`);
}

async function download(url: string, path: string): Promise<void> {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`${new URL(url).pathname} answered ${response.status}`);
  await mkdir(join(path, '..'), { recursive: true });
  await pipeline(Readable.fromWeb(response.body), createWriteStream(path));
}

async function ledgerLines(api: string, key: string, id: string): Promise<string[]> {
  const response = await ask(`${api}/api/v1/ledger/transfers?generation=${id}`, key);
  const { transfers } = (await response.json()) as { transfers: Transfer[] };
  return transfers.map(
    ({ code, debit, credit, amountCredits, createdAt }) =>
      `${createdAt}  ${code.padEnd(10)} ${debit} → ${credit}  ${amountCredits} credits`,
  );
}

async function trace(otlp: OtlpReceiver, traceId: string | undefined): Promise<string> {
  if (!traceId) return 'the API did not say which trace it was';
  const isComplete = () => {
    const spans = otlp.spansOf(traceId);
    const services = new Set(spans.map(({ service }) => service));
    return SERVICES.every((service) => services.has(service)) && spans.some(({ name }) => name === RUN);
  };
  await otlp.waitFor(isComplete, TRACE_LIMIT_MS).catch(() => {}); // what has arrived is shown all the same
  return traceTree(otlp.spansOf(traceId)) || `no spans of trace ${traceId} have arrived`;
}

async function ask(url: string, key: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, { ...init, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' } });
  if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${url} answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
  return response;
}
