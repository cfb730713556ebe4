import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'vitest';
import { BatchOptions } from '#contracts/native/batches';
import { BatchesService, type BatchReport } from '#features/ingestion/batches.service';
import { claimBatch } from '#features/ingestion/claim';
import { loaderPool } from '#features/ingestion/ingestion.module';
import { loadBatch } from '#features/ingestion/load-batch';
import { doRowWork } from '#features/ingestion/row-work';
import type { SourceFormat } from '#features/ingestion/source-rows';
import { ledgerDifferences } from '#features/ledger/ledger-differences.service';
import { HotPool } from '#platform/database/hot-pool';
import type { LoaderPool } from '#platform/database/loader-pool';
import { LocalFolder } from '#platform/storage/local-folder';
import { mediaOf } from '#testing/batch-media';
import { failGenerations } from '#testing/fail-generations';
import { type TestDatabase, testDatabase } from '#testing/test-database';

export const PLENTY_MICRO = 10n ** 12n;
/** Half of five credits: batches are flex unless told otherwise. */
export const ROW_MICRO = 2_500_000n;

type ClaimedBatch = NonNullable<Awaited<ReturnType<typeof claimBatch>>>;

interface Given {
  projectId?: string;
  apiKeyId?: string;
  format?: SourceFormat;
  isGzip?: boolean;
  options?: unknown;
}

interface ProjectGiven {
  budgetMicro?: bigint;
  enforcement?: 'refuse' | 'warn';
  allowedModels?: readonly string[];
}

/** Rows that the rate card prices alike. */
export function rows(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, at) => `{"model":"photon-1","prompt":"a red fox, number ${at}"}\n`).join(''));
}

export function caller(tenantId: string) {
  return { tenantId, apiKeyId: randomUUID(), scopes: [], limitPlan: 'any' };
}

/** What the API and the workers do with batches, one step at a time. */
export class IngestionUnderTest {
  readonly storage: LocalFolder;
  readonly batches: BatchesService;

  private constructor(
    private readonly database: TestDatabase,
    readonly control: HotPool,
    readonly api: HotPool,
    readonly loader: LoaderPool,
    readonly folder: string,
  ) {
    this.storage = new LocalFolder(folder);
    this.batches = new BatchesService(api, this.storage);
  }

  static async start(): Promise<IngestionUnderTest> {
    const database = await testDatabase();
    const control = new HotPool({ url: database.controlUrl, applicationName: 'test-control', maxConnections: 4 });
    const api = new HotPool({ url: database.apiUrl, applicationName: 'test-api', maxConnections: 4 });
    const folder = await mkdtemp(path.join(tmpdir(), 'halogen-ingestion-'));
    return new IngestionUnderTest(database, control, api, loaderPool(database.loaderUrl), folder);
  }

  /** Whatever the tests were about: the ledger adds up. */
  async stop(): Promise<void> {
    expect(await ledgerDifferences(this.control)).toEqual([]);
    await Promise.all([this.control.close(), this.api.close(), this.loader.close()]);
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async create(
    tenantId: string,
    source: Buffer | null,
    { format = 'ndjson', isGzip = false, options = {}, projectId, apiKeyId = randomUUID() }: Given = {},
  ): Promise<BatchReport> {
    const project = projectId ? { id: projectId, serviceTier: 'flex' as const } : null;
    const created = await this.batches.create({ ...caller(tenantId), apiKeyId, project }, BatchOptions.parse(options), {
      format,
      isGzip,
      content: source && Readable.from([source]),
    });
    if ('refused' in created) throw new Error(created.detail);
    return created;
  }

  async loaded(tenantId: string, source: Buffer | null, given: Given = {}): Promise<BatchReport> {
    const created = await this.create(tenantId, source, given);
    await this.load(await this.claimed());
    return this.report(created);
  }

  async claimed(): Promise<ClaimedBatch> {
    const batch = await claimBatch(this.control);
    if (!batch) throw new Error('there is no batch to work on');
    return batch;
  }

  /** As if the worker that has it had died. */
  async claimedAgain({ id }: BatchReport): Promise<ClaimedBatch> {
    await this.control.query('UPDATE batches SET worker_until = NULL WHERE id = $1', [id]);
    return this.claimed();
  }

  load(batch: ClaimedBatch): Promise<void> {
    return this.loading(batch, () => false);
  }

  /** As a worker that is asked to end. */
  loadOneChunk(batch: ClaimedBatch): Promise<void> {
    return this.loading(batch, () => true);
  }

  /** What a worker does next. */
  async workOn(): Promise<void> {
    const batch = await this.claimed();
    const { loader, control } = this;
    if (batch.work === 'load') await this.load(batch);
    else if (batch.work !== 'sheets' && batch.work !== 'fetch') await doRowWork({ loader, control }, batch, batch.work, () => false);
  }

  async aProject(tenantId: string, { budgetMicro, enforcement = 'refuse', allowedModels }: ProjectGiven): Promise<string> {
    const id = randomUUID();
    await this.api.transaction('a project', [tenantId], (tx) =>
      tx.query(
        'INSERT INTO projects (tenant_id, id, name, monthly_budget_micro, budget_enforcement, allowed_models) VALUES ($1, $2::uuid, $2::uuid::text, $3, $4, $5)',
        [tenantId, id, budgetMicro ?? null, enforcement, allowedModels ?? null],
      ),
    );
    return id;
  }

  async aKey(tenantId: string, capMicro: bigint): Promise<string> {
    const id = randomUUID();
    await this.api.transaction('a key', [tenantId], (tx) =>
      tx.query(
        `INSERT INTO api_keys (tenant_id, id, name, secret_sha256, prefix, scopes, monthly_cap_micro)
         VALUES ($1, $2::uuid, 'a key', sha256($2::uuid::text::bytea), 'a-prefix', '{}', $3)`,
        [tenantId, id, capMicro],
      ),
    );
    return id;
  }

  /** What a project or a key has spent this month. */
  async usedBy(subjectId: string): Promise<bigint> {
    const [row] = await this.control.query<{ used_micro: string }>('SELECT used_micro FROM spending_months WHERE subject_id = $1', [
      subjectId,
    ]);
    return BigInt(row?.used_micro ?? 0);
  }

  async report({ tenantId, id }: BatchReport): Promise<BatchReport> {
    return (await this.batches.get({ tenantId }, id)) as BatchReport;
  }

  async numbers({ id }: BatchReport) {
    const [row] = await this.control.query(
      `SELECT (SELECT count(*)::int FROM generations WHERE batch_id = $1 AND row_number IS NOT NULL) AS rows,
              (SELECT count(DISTINCT row_number)::int FROM generations WHERE batch_id = $1) AS distinct,
              (SELECT count(*)::int FROM generations WHERE batch_id = $1 AND state = 'queued') AS queued,
              (SELECT count(*)::int FROM transfers WHERE batch_id = $1 AND code = 'reserve') AS reserve_transfers,
              (SELECT count(*)::int FROM outbox WHERE batch_id = $1) AS events`,
      [id],
    );
    return row;
  }

  errorsOf({ id }: BatchReport) {
    return this.control.query('SELECT row_number, line, field, reason FROM batch_errors WHERE batch_id = $1 ORDER BY row_number', [id]);
  }

  /** How many rows wait for their batch to go on. */
  async held({ id }: BatchReport): Promise<number> {
    const counting = 'SELECT count(*)::int AS held FROM generations WHERE batch_id = $1 AND is_held';
    const [row] = await this.control.query<{ held: number }>(counting, [id]);
    return row?.held ?? 0;
  }

  async failRows({ tenantId, id }: BatchReport, rowNumbers: readonly number[]): Promise<void> {
    const failing = await this.control.query<{ generationId: string }>(
      'SELECT id AS "generationId" FROM generations WHERE batch_id = $1 AND row_number = ANY ($2::integer[])',
      [id, rowNumbers],
    );
    await failGenerations(
      this.control,
      failing.map(({ generationId }) => ({ tenantId, generationId })),
    );
  }

  private loading(batch: ClaimedBatch, isStopped: () => boolean): Promise<void> {
    const { loader: pool, storage, control } = this;
    return loadBatch({ pool, storage, mediaOf: mediaOf(control), isStopped }, batch);
  }
}
