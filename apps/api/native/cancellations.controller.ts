import { Body, Controller, Param, Query } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { Refused } from '#apps/api/errors/refused';
import { valid } from '#apps/api/errors/valid';
import { readMatchToken, writeMatchToken } from '#apps/api/native/match-token';
import { understandMatch } from '#apps/api/native/understand';
import { Operation } from '#apps/api/operation.decorator';
import {
  type CancellationView,
  getCancellation,
  type ListCancellationRowsQuery,
  listCancellationRows,
  type PreviewCancellation,
  previewCancellation,
  type StartCancellation,
  startCancellation,
} from '#contracts/native/cancellations';
import type { Caller } from '#core/access/caller';
import { type Cancellation, CancellationsService } from '#features/generations/cancellations.service';

/** Cancelling many generations at once. */
@Controller()
export class CancellationsController {
  constructor(private readonly cancellations: CancellationsService) {}

  @Operation(previewCancellation)
  async preview(@CallerOf() caller: Caller, @Body(valid(previewCancellation.body)) match: PreviewCancellation) {
    const until = { ...match, createdBefore: earlier(match.createdBefore) };
    return { count: await this.cancellations.preview(caller, understandMatch(until)), token: writeMatchToken(until) };
  }

  @Operation(startCancellation)
  async start(@CallerOf() caller: Caller, @Body(valid(startCancellation.body)) { ids, token }: StartCancellation) {
    const what = ids ? { ids: ids.map((id) => id.toLowerCase()) } : { matching: understandMatch(readMatchToken(token ?? '')) };
    return view(accepted(await this.cancellations.start(caller, what)));
  }

  @Operation(getCancellation)
  async get(@CallerOf() caller: Caller, @Param('id') id: string) {
    const found = await this.cancellations.get(caller, idOf(id));
    if (!found) throw new Refused('not_found', 'Cancellation not found');
    return view(found);
  }

  @Operation(listCancellationRows)
  async rows(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Query(valid(listCancellationRows.query, 'query')) page: ListCancellationRowsQuery,
  ) {
    const rows = await this.cancellations.rows(caller, idOf(id), page);
    if (!rows) throw new Refused('not_found', 'Cancellation not found');
    return {
      rows: rows.map(({ generationId, outcome }) => ({ generationId, outcome })),
      nextAfter: rows.length === page.limit ? (rows.at(-1)?.place ?? null) : null,
    };
  }
}

/** What comes after the preview is none of what was counted. */
function earlier(createdBefore: string | undefined): string {
  const now = new Date().toISOString();
  return createdBefore !== undefined && Date.parse(createdBefore) < Date.parse(now) ? createdBefore : now;
}

function view({ id, expectedCount, isExact, cancelledCount, endedBeforeCount, createdAt, finishedAt }: Cancellation): CancellationView {
  return {
    id,
    state: finishedAt ? 'done' : 'running',
    expected: { value: expectedCount, exact: isExact },
    cancelled: cancelledCount,
    endedBefore: endedBeforeCount,
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}
