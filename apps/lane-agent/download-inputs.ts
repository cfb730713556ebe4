import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MAX_INPUT_BYTES } from '#apps/lane-agent/limits';
import { stageFailed, tryAgain } from '#apps/lane-agent/stage-failures';
import type { WorkOrder } from '#contracts/lanes/work-order';

/** Brings outputs of earlier stages into `folder`, streamed. @returns artifact name → local file */
export async function downloadInputs(
  inputs: WorkOrder['inputs'],
  folder: string,
  signal: AbortSignal,
  maxBytes = MAX_INPUT_BYTES,
): Promise<Record<string, string>> {
  const paths: Record<string, string> = {};
  for (const [index, { name, url }] of inputs.entries()) {
    const path = join(folder, `input-${index}`); // a name of ours: those of the order are not made for file systems
    await download(url, path, signal, maxBytes).catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof TooLarge) throw stageFailed(`input '${name}' has more than ${maxBytes} bytes`);
      throw tryAgain('TransferFailed', `input '${name}' could not be read${error instanceof BadStatus ? ` (${error.status})` : ''}`);
    });
    paths[name] = path;
  }
  return paths;
}

class TooLarge extends Error {}

class BadStatus extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`);
  }
}

async function download(url: string, path: string, signal: AbortSignal, maxBytes: number): Promise<void> {
  const answer = await fetch(url, { signal, redirect: 'error' });
  if (!answer.ok || !answer.body) {
    await answer.body?.cancel();
    throw new BadStatus(answer.status);
  }
  await pipeline(Readable.fromWeb(answer.body), (chunks: AsyncIterable<Buffer>) => atMost(maxBytes, chunks), createWriteStream(path), {
    signal,
  });
}

async function* atMost(maxBytes: number, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new TooLarge();
    yield chunk;
  }
}
