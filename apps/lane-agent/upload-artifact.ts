import { openAsBlob } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { MAX_UPLOAD_TRIES } from '#apps/lane-agent/limits';
import { leaseLost, tryAgain } from '#apps/lane-agent/stage-failures';
import type { StageArtifact } from '#backends/backend';
import type { LeaseRef } from '#core/generations/lease';

const BACKOFF_MS = 200;

/**
 * Creates the object behind a signed URL, streamed from the file. Objects are created once: one that is there already is ours only if an
 * earlier try of this call may have arrived. Throws LeaseLost otherwise, and a retryable failure when storage cannot take it now.
 */
export async function uploadArtifact(artifact: StageArtifact, url: string, lease: LeaseRef, signal: AbortSignal): Promise<void> {
  let mayHaveArrived = false;
  for (let attempt = 1; ; attempt++) {
    const status = await put(artifact, url, signal);
    if (status !== undefined && status < 300) return;
    if (status === 409 && mayHaveArrived) return;
    if (status === 409) throw leaseLost(lease, `'${artifact.name}' exists already`);
    mayHaveArrived = status === undefined || status >= 500;
    if (attempt === MAX_UPLOAD_TRIES || !mayHaveArrived)
      throw tryAgain('TransferFailed', `'${artifact.name}' could not be uploaded (${status ?? 'no answer'})`);
    await delay(BACKOFF_MS * 2 ** attempt, undefined, { signal });
  }
}

/** @returns the status, or undefined if there was no answer */
async function put({ path, contentType }: StageArtifact, url: string, signal: AbortSignal): Promise<number | undefined> {
  const body = await openAsBlob(path, { type: contentType }); // read from disk as it is sent; gives the request its content-length and -type
  try {
    const answer = await fetch(url, { method: 'PUT', body, signal, redirect: 'error' });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
