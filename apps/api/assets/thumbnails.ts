import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import { Refused } from '#apps/api/errors/refused';
import { imageOfThumbnail, THUMBNAIL_SIDE_PX } from '#core/generations/thumbnail';
import { encodeThumbnail } from '#media/jpeg/encode-thumbnail';
import { ObjectExists, ObjectStorage } from '#platform/storage/object-storage';

/** An image that is larger has no thumbnail. */
const MAX_IMAGE_BYTES = 50_000_000;
const MAX_THUMBNAIL_BYTES = 1_000_000;
/** Drawn at a time, so that requests of other kinds keep a core. */
const MAX_DRAWN_AT_ONCE = 2;
/** Waiting to be drawn: a page of a review's small pictures, some times over. */
const MAX_WAITING = 500;
const AGAIN_AFTER_MS = 1_000;

/** Small pictures of images: drawn when somebody first looks, and kept beside the image until it is erased. */
@Injectable()
export class Thumbnails {
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly waiting: (() => void)[] = [];
  private drawing = 0;

  constructor(private readonly storage: ObjectStorage) {}

  /** Sees to it that what a key stands for is there, if it is a thumbnail's and its image is. @throws Refused when too many wait */
  async ensure(key: string): Promise<void> {
    const image = imageOfThumbnail(key);
    if (!image || (await this.storage.stat(key))) return;
    // Two who look at the same moment wait for one drawing.
    const known = this.underWay.get(key);
    if (known) return known;
    if (this.waiting.length >= MAX_WAITING) {
      throw new Refused('unavailable', 'Too many small pictures are being drawn: ask again in a second', undefined, AGAIN_AFTER_MS);
    }
    const drawn = this.inTurn(() => this.draw(image, key)).finally(() => this.underWay.delete(key));
    this.underWay.set(key, drawn);
    return drawn;
  }

  private async inTurn(work: () => Promise<void>): Promise<void> {
    if (this.drawing >= MAX_DRAWN_AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.drawing += 1;
    try {
      await work();
    } finally {
      const next = this.waiting.shift(); // takes over the place of this one
      if (next) next();
      else this.drawing -= 1;
    }
  }

  private async draw(image: string, key: string): Promise<void> {
    const facts = await this.storage.stat(image);
    if (!facts || facts.bytes > MAX_IMAGE_BYTES) return;
    const small = await encodeThumbnail(await buffer(await this.storage.read(image)), THUMBNAIL_SIDE_PX);
    await this.storage
      .create(key, Readable.from([small]), { contentType: 'image/jpeg', maxBytes: MAX_THUMBNAIL_BYTES })
      .catch((error: unknown) => {
        if (!(error instanceof ObjectExists)) throw error; // another process drew it
      });
    // Erased meanwhile: the erasure may have looked before there was a thumbnail.
    if (!(await this.storage.stat(image))) await this.storage.delete(key);
  }
}
