import { expect, it } from 'vitest';
import { leftOf, withRows } from '#core/ingestion/row-kinds';

const image = { poolClass: 'halo-1', model: 'photon-1', outputKey: '1080p', gangLanes: 1, rows: 2, burnLaneMs: 10 };
const video = { ...image, model: 'ray-2' };

it('sums rows of a kind over chunks, and keeps kinds apart', () => {
  const kinds = withRows(withRows({}, [image, video]), [image, { ...image, rows: 1, burnLaneMs: 5 }]);
  expect(Object.values(kinds)).toEqual([{ ...image, rows: 5, burnLaneMs: 25 }, video]);
});

it('leaves the share of rows that have not ended', () => {
  const batch = { rowKinds: withRows({}, [image, video]), acceptedRows: 4, completedRows: 1, failedRows: 1, cancelledRows: 0 };
  expect(leftOf(batch)).toEqual([
    { ...image, rows: 1, burnLaneMs: 5 },
    { ...video, rows: 1, burnLaneMs: 5 },
  ]);
  expect(leftOf({ ...batch, cancelledRows: 2 })).toEqual([]);
});
