import { AV_LOG_ERROR } from 'node-av/constants';
import { Log } from 'node-av/lib';

/** FFmpeg tells stderr about every file it writes; only its errors are news. The level is the process's. */
export function quietFfmpeg(): void {
  Log.setLevel(AV_LOG_ERROR);
}
