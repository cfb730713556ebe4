import { Body, Controller, Param, Query } from '@nestjs/common';
import { v7 as newGenerationId } from 'uuid';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { DreamMachineSubmits } from '#apps/api/dream-machine/submits';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { refusedSubmit } from '#apps/api/errors/refused-submit';
import { valid } from '#apps/api/errors/valid';
import { remadeRow } from '#apps/api/native/remade-row';
import { batchRowView, commentView, summaryView, versionView } from '#apps/api/native/review-view';
import { rowOf } from '#apps/api/native/row-of';
import { Operation } from '#apps/api/operation.decorator';
import {
  type AddComment,
  type AssignRows,
  addReviewComment,
  assignRows,
  type ChangeComment,
  changeReviewComment,
  type DecideRows,
  decideRows,
  getReview,
  type ListBatchRowsQuery,
  listBatchRows,
  listReviewComments,
  listRowVersions,
  type RegenerateRow,
  regenerateRow,
} from '#contracts/native/reviews';
import type { Caller } from '#core/access/caller';
import { GenerationsService } from '#features/generations/generations.service';
import { ReviewCommentsService } from '#features/review/review-comments.service';
import { ReviewsService, type WhichRows } from '#features/review/reviews.service';
import { RowVersionsService } from '#features/review/row-versions.service';
import { SignedUrls } from '#platform/storage/signed-urls';

/** What people decide on and say about the results of a batch. */
@Controller()
export class ReviewsController {
  private readonly assetUrl = (key: string) => this.urls.assetUrl(key);

  constructor(
    private readonly reviews: ReviewsService,
    private readonly comments: ReviewCommentsService,
    private readonly versions: RowVersionsService,
    private readonly generations: GenerationsService,
    private readonly submits: DreamMachineSubmits,
    private readonly urls: SignedUrls,
  ) {}

  @Operation(getReview)
  async summary(@CallerOf() caller: Caller, @Param('id') id: string) {
    return summaryView(accepted(await this.reviews.summary(caller, idOf(id))));
  }

  @Operation(listBatchRows)
  async rows(@CallerOf() caller: Caller, @Param('id') id: string, @Query(valid(listBatchRows.query, 'query')) filter: ListBatchRowsQuery) {
    const { rows, nextAfter, axes } = accepted(await this.reviews.rows(caller, idOf(id), filter));
    return { rows: rows.map((row) => batchRowView(row, axes, this.assetUrl)), nextAfter };
  }

  @Operation(listRowVersions)
  async listVersions(@CallerOf() caller: Caller, @Param('id') id: string, @Param('row') row: string) {
    const versions = accepted(await this.reviews.versions(caller, idOf(id), rowOf(row)));
    return { versions: versions.map((version) => versionView(version, this.assetUrl)) };
  }

  @Operation(decideRows)
  async decide(@CallerOf() caller: Caller, @Param('id') id: string, @Body(valid(decideRows.body)) { state, rows, match }: DecideRows) {
    const which: WhichRows = rows ? { rows } : { match: match as { review: 'waiting' } };
    return accepted(await this.reviews.decide(caller, idOf(id), state, which));
  }

  @Operation(assignRows)
  async assign(@CallerOf() caller: Caller, @Param('id') id: string, @Body(valid(assignRows.body)) { rows, memberId }: AssignRows) {
    return accepted(await this.reviews.assign(caller, idOf(id), rows, memberId));
  }

  @Operation(regenerateRow)
  async regenerate(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Param('row') row: string,
    @Body(valid(regenerateRow.body)) { note, keepSeed }: RegenerateRow,
  ) {
    const generationId = newGenerationId();
    const stacked = { batchId: idOf(id), rowNumber: rowOf(row), generationId, note: note ?? null };
    const remake = accepted(await this.versions.stack(caller, stacked));
    try {
      // A call that is sent again finds the row being made, and is refused there.
      const asked = await remadeRow(remake, { note, keepSeed }, this.submits.mediaOf(caller));
      const submitted = await this.generations.submit({ ...caller, once: undefined }, generationId, asked);
      if ('refused' in submitted) throw refusedSubmit(submitted);
    } catch (error) {
      await this.versions.unstack(caller, generationId);
      throw error;
    }
    return { generationId, version: remake.version };
  }

  @Operation(listReviewComments)
  async listComments(@CallerOf() caller: Caller, @Param('id') id: string, @Param('row') row: string) {
    return { comments: accepted(await this.comments.list(caller, idOf(id), rowOf(row))).map(commentView) };
  }

  @Operation(addReviewComment)
  async comment(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Param('row') row: string,
    @Body(valid(addReviewComment.body)) said: AddComment,
  ) {
    return commentView(accepted(await this.comments.add(caller, idOf(id), rowOf(row), said)));
  }

  @Operation(changeReviewComment)
  async changeComment(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Param('comment') comment: string,
    @Body(valid(changeReviewComment.body)) { resolved }: ChangeComment,
  ) {
    return commentView(accepted(await this.comments.resolve(caller, idOf(id), idOf(comment), resolved)));
  }
}
