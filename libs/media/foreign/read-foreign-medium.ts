import { type ForeignMedium, type ReadMedium, UnreadableMedium } from '#media/foreign/foreign-medium';
import { readForeignImage } from '#media/foreign/read-foreign-image';
import { readForeignFrame, readForeignVideo } from '#media/foreign/read-foreign-video';

/**
 * Decodes a file from outside and encodes it anew, so that nothing of its bytes goes on. It may take any time and memory: run it in a process
 * that can be killed. @throws UnreadableMedium, or whatever a decoder threw
 */
export async function readForeignMedium(medium: ForeignMedium): Promise<ReadMedium> {
  const { want, format } = medium;
  if (want.kind === 'video') {
    if (format !== 'mov') throw new UnreadableMedium('a video is wanted');
    return readForeignVideo(medium, want.maxSeconds);
  }
  if (format === 'mov') {
    if (want.take === 'whole') throw new UnreadableMedium('an image is wanted');
    return readForeignFrame(medium, want.take);
  }
  return readForeignImage(medium);
}
