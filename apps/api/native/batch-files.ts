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
  'generationId',
  'state',
  'model',
  'prompt',
  'imageUrl',
  'videoUrl',
  'priceCredits',
  'settledCredits',
  'serviceTier',
  'servedFrom',
  'seed',
  'failureReason',
  'createdAt',
  'firstBeganAt',
  'finishedAt',
] as const;

function manifestView(row: ManifestRow, assetUrl: AssetUrl) {
  const { image, video } = row.assets ?? {};
  return {
    row: row.rowNumber,
    generationId: row.generationId,
    state: row.state,
    model: row.model,
    prompt: row.prompt,
    imageUrl: image ? assetUrl(image) : null,
    videoUrl: video ? assetUrl(video) : null,
    priceCredits: formatCredits(row.priceMicro),
    settledCredits: formatCredits(row.settledMicro),
    serviceTier: row.serviceTier,
    servedFrom: row.servedFrom,
    seed: Number(row.seed),
    failureReason: row.failureReason,
    createdAt: row.createdAt.toISOString(),
    firstBeganAt: row.firstBeganAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}
