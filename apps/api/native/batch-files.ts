import { csvLine } from '#core/ingestion/csv-text';
import { formatCredits } from '#core/ledger/credits';
import type { ErrorRow, ManifestRow } from '#features/ingestion/batch-files.service';

type AssetUrl = (key: string) => string;

export async function* manifestAsJson(pages: AsyncIterable<readonly ManifestRow[]>, assetUrl: AssetUrl): AsyncGenerator<string> {
  for await (const rows of pages) yield rows.map((row) => `${JSON.stringify(manifestView(row, assetUrl))}\n`).join('');
}

export async function* manifestAsCsv(pages: AsyncIterable<readonly ManifestRow[]>, assetUrl: AssetUrl): AsyncGenerator<string> {
  yield csvLine(MANIFEST_COLUMNS);
  for await (const rows of pages) {
    yield rows
      .map((row) => {
        const view = manifestView(row, assetUrl);
        return csvLine(MANIFEST_COLUMNS.map((column) => view[column]));
      })
      .join('');
  }
}

export async function* errorsAsJson(pages: AsyncIterable<readonly ErrorRow[]>): AsyncGenerator<string> {
  for await (const rows of pages) yield rows.map(({ rowNumber, ...row }) => `${JSON.stringify({ row: rowNumber, ...row })}\n`).join('');
}

export async function* errorsAsCsv(pages: AsyncIterable<readonly ErrorRow[]>): AsyncGenerator<string> {
  yield csvLine(['row', 'line', 'field', 'reason']);
  for await (const rows of pages)
    yield rows.map(({ rowNumber, line, field, reason }) => csvLine([rowNumber, line, field, reason])).join('');
}

const MANIFEST_COLUMNS = [
  'row',
  'generation_id',
  'state',
  'model',
  'prompt',
  'image_url',
  'video_url',
  'price_credits',
  'settled_credits',
  'service_tier',
  'served_from',
  'seed',
  'failure_reason',
  'created_at',
  'first_began_at',
  'finished_at',
] as const;

function manifestView(row: ManifestRow, assetUrl: AssetUrl) {
  const { image, video } = row.assets ?? {};
  return {
    row: row.rowNumber,
    generation_id: row.generationId,
    state: row.state,
    model: row.model,
    prompt: row.prompt,
    image_url: image ? assetUrl(image) : null,
    video_url: video ? assetUrl(video) : null,
    price_credits: formatCredits(row.priceMicro),
    settled_credits: formatCredits(row.settledMicro),
    service_tier: row.serviceTier,
    served_from: row.servedFrom,
    seed: Number(row.seed),
    failure_reason: row.failureReason,
    created_at: row.createdAt.toISOString(),
    first_began_at: row.firstBeganAt?.toISOString() ?? null,
    finished_at: row.finishedAt?.toISOString() ?? null,
  };
}
