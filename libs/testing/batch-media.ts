import { batchMedia } from '#features/understanding/batch-media.service';
import type { Media } from '#features/understanding/media.service';
import type { HotPool } from '#platform/database/hot-pool';
import { SignedUrls } from '#platform/storage/signed-urls';

export const TEST_URLS = new SignedUrls({ publicOrigin: 'http://api.test', secret: 'test-secret-test-secret-test-secret' });

/** How a worker finds the media of rows. @param control a pool of the control role */
export function mediaOf(control: HotPool): (tenantId: string) => Media {
  return (tenantId) => batchMedia(control, TEST_URLS, tenantId);
}
