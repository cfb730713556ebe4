import { v7 as newId } from 'uuid';
import { batchIdOf } from '#core/ingestion/row-ids';
import { HotPool } from '#platform/database/hot-pool';

interface SeededBatch {
  tenantId: string;
  rows: number;
  name?: string;
  matrix?: Readonly<Record<string, readonly string[]>>;
  /** Storage keys that every row has. */
  assets?: { image: string; video?: string };
}

/** A batch that has ended, with a picture for every row: what a review begins with. @param ownerUrl of whom row-level security shows everything */
export async function aReviewedBatch(
  ownerUrl: string,
  { tenantId, rows, name = 'A campaign', matrix, assets = { image: 'a/picture.jpg' } }: SeededBatch,
): Promise<string> {
  const id = batchIdOf(newId());
  const pool = new HotPool({ url: ownerUrl, applicationName: 'seed', maxConnections: 1 });
  try {
    await pool.query(
      `INSERT INTO batches (tenant_id, id, api_key_id, name, state, options, source_format, committed_row, accepted_rows, completed_rows,
                            price_micro, loaded_at, finished_at)
       VALUES ($1, $2, gen_random_uuid(), $3, 'completed', $4, 'none', $5::int, $5::int, $5::int, $5::int * 5000000::bigint, now(), now())`,
      [tenantId, id, name, JSON.stringify({ name, ...(matrix && { matrix }) }), rows],
    );
    await pool.query(
      `INSERT INTO generations (tenant_id, id, api_key_id, surface, kind, model, pool_class, output, output_key, request, prompt, seed, stages,
                                state, price_micro, burn_lane_ms, rate_card_version, reserved, assets, finished_at, batch_id, row_number)
       SELECT $1::uuid, (left(($2::uuid)::text, 28) || lpad(to_hex(row), 8, '0'))::uuid, gen_random_uuid(), 'native', 'image', 'photon-1', 'halo-1',
              '{"kind": "image", "widthPx": 1536, "heightPx": 864, "format": "jpg"}', 'image',
              jsonb_build_object('model', 'photon-1', 'prompt', 'a picture of row ' || row), 'a picture of row ' || row, row, '{render}',
              'completed', 5000000, 1000, 1, '[]', $4::jsonb, now(), $2::uuid, row
         FROM generate_series(1, $3::int) AS row`,
      [tenantId, id, rows, JSON.stringify(assets)],
    );
    return id;
  } finally {
    await pool.close();
  }
}
