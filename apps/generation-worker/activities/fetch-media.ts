import { randomInt } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Logger } from '@nestjs/common';
import type { MediaReader } from '#apps/generation-worker/media/media-reader';
import { MODELS } from '#core/catalog/models';
import { artifactFolder } from '#core/generations/artifacts';
import {
  FETCH_ALL_TIMEOUT_MS,
  FETCH_TIMEOUT_MS,
  MAX_IMAGE_BYTES,
  MAX_VIDEO_BYTES,
  UNREADABLE_INPUT_REASON,
} from '#core/generations/fetch-limits';
import type { LeaseRef } from '#core/generations/lease';
import type { RecipeInput } from '#core/generations/recipe';
import type { RunsService, RunView } from '#features/generations/runs.service';
import { type ReadMedium, UnreadableMedium, type WantedMedium } from '#media/foreign/foreign-medium';
import { SNIFF_BYTES, sniff } from '#media/foreign/sniff';
import type { DownloadOutcome, OutboundDownloads } from '#platform/http/outbound/outbound-downloads';
import type { ObjectStorage } from '#platform/storage/object-storage';
import type { ContentRefusal } from '#workflows/activities';

/** What a node gets of one input. */
interface FetchedArtifact extends Partial<ReadMedium> {
  name: string;
  key: string;
  contentType: string;
  bytes: number;
}

/** Outcomes of a download that another try may better. */
const WORTH_ANOTHER_TRY: ReadonlySet<string> = new Set(['dns', 'reset', 'unreachable', 'connection_refused', 'network']);
const LONGEST_SOURCE_S = 10;

/**
 * Brings the media of the customer into our storage as pictures and videos of our own making. A node never calls a customer's URL and never
 * decodes a customer's bytes. What cannot be read ends the generation, which then costs nothing.
 */
export class MediaFetcher {
  private readonly logger = new Logger(MediaFetcher.name);

  constructor(
    private readonly runs: RunsService,
    private readonly storage: ObjectStorage,
    private readonly downloads: OutboundDownloads,
    private readonly reader: MediaReader,
  ) {}

  async fetch(lease: LeaseRef): Promise<ContentRefusal | null> {
    const run = await this.runs.load(lease);
    const deadlineMs = Date.now() + FETCH_ALL_TIMEOUT_MS;
    const folder = await mkdtemp(join(tmpdir(), 'halogen-fetch-'));
    try {
      const artifacts: FetchedArtifact[] = [];
      for (const [index, input] of run.recipe.inputs.entries()) {
        const path = join(folder, String(index));
        artifacts.push(await this.fetchOne(run, input, path, deadlineMs));
        await rm(path, { force: true });
      }
      await this.runs.saveCheckpoint(lease, 'fetch', 0, { artifacts });
      return null;
    } catch (error) {
      if (!(error instanceof UnreadableMedium)) throw error;
      this.logger.log(`An input of a generation is not readable: ${error.message}`, { generationId: lease.generationId });
      return { failed: UNREADABLE_INPUT_REASON };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private async fetchOne(run: RunView, input: RecipeInput, path: string, deadlineMs: number): Promise<FetchedArtifact> {
    if (input.name === 'source' && 'asset' in input.from) return this.ownVideo(input.name, input.from.asset);
    await this.bring(input, path, deadlineMs);
    const format = sniff(await startOf(path));
    if (!format) throw new UnreadableMedium(`${input.name} is of no format that may be brought`);
    const toPath = `${path}.made`;
    const facts = await this.reader.read({ path, format, want: wantedOf(run, input), toPath });
    const { ending, contentType } = input.kind === 'image' ? PICTURE : VIDEO;
    // The key's attempt is a number that no other try has: an object is never written twice.
    const key = `${artifactFolder({ ...run.lease, stage: 'fetch', round: 0, attempt: randomInt(2 ** 40) })}/${input.name}.${ending}`;
    const { size: bytes } = await stat(toPath);
    await this.storage.create(key, createReadStream(toPath), { contentType, maxBytes: bytes });
    await rm(toPath);
    return { name: input.name, key, contentType, bytes, ...facts };
  }

  /** A result of ours is handed on as it is. */
  private async ownVideo(name: string, key: string): Promise<FetchedArtifact> {
    const facts = await this.storage.stat(key);
    if (!facts) throw new UnreadableMedium(`${name} is not in storage any more`);
    return { name, key, contentType: facts.contentType, bytes: facts.bytes };
  }

  private async bring({ name, kind, from }: RecipeInput, path: string, deadlineMs: number): Promise<void> {
    const maxBytes = kind === 'image' ? MAX_IMAGE_BYTES : MAX_VIDEO_BYTES;
    if ('asset' in from) {
      const facts = await this.storage.stat(from.asset);
      if (!facts) throw new UnreadableMedium(`${name} is not in storage any more`);
      await pipeline(await this.storage.read(from.asset), createWriteStream(path, { flags: 'wx' }));
      return;
    }
    const outcome = await this.download(from.url, path, maxBytes, deadlineMs);
    if (outcome.kind !== 'downloaded') throw new UnreadableMedium(`${name}: ${outcome.reason}`);
  }

  private async download(url: string, path: string, maxBytes: number, deadlineMs: number): Promise<DownloadOutcome> {
    const once = () =>
      this.downloads.get({ url, path, maxBytes, timeoutMs: Math.max(1, Math.min(FETCH_TIMEOUT_MS, deadlineMs - Date.now())) });
    const outcome = await once();
    if (outcome.kind !== 'failed' || !WORTH_ANOTHER_TRY.has(outcome.reason)) return outcome;
    await rm(path, { force: true });
    return once();
  }
}

const PICTURE = { ending: 'png', contentType: 'image/png' };
const VIDEO = { ending: 'mp4', contentType: 'video/mp4' };

function wantedOf({ model }: RunView, { kind, from }: RecipeInput): WantedMedium {
  if (kind === 'image') return { kind, take: 'asset' in from ? from.take : 'whole' };
  const facts = MODELS[model];
  return { kind, maxSeconds: (facts?.kind === 'video' && facts.remakes?.longestSourceS) || LONGEST_SOURCE_S };
}

async function startOf(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}
