import { Body, Controller, Headers, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { v7 as newGenerationId } from 'uuid'; // grows with time, so that indexes of millions of rows are written at one end
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { DreamMachineSubmits } from '#apps/api/dream-machine/submits';
import { Refused } from '#apps/api/errors/refused';
import { refusedSubmit } from '#apps/api/errors/refused-submit';
import { valid } from '#apps/api/errors/valid';
import { generationView, quoteView } from '#apps/api/native/generation-view';
import { metersHeaders } from '#apps/api/native/meters-view';
import { waitSecondsOf } from '#apps/api/native/prefer-wait';
import { understandCreate, understandList, understandMatch } from '#apps/api/native/understand';
import { Operation } from '#apps/api/operation.decorator';
import {
  type CreateGeneration,
  cancelGeneration,
  countGenerations,
  createGeneration,
  type Generation,
  type GenerationMatch,
  getGeneration,
  type ListGenerationsQuery,
  listGenerations,
  type Quote,
  quoteGeneration,
} from '#contracts/native/generations';
import type { Caller } from '#core/access/caller';
import { isFinal } from '#core/generations/state';
import { type GenerationReport, GenerationReportsService, queuedReport } from '#features/generations/generation-reports.service';
import { GenerationWatch } from '#features/generations/generation-watch';
import { GenerationsService, type SubmitRequest } from '#features/generations/generations.service';
import { GenerationMetersService } from '#features/scheduling/generation-meters.service';
import { SignedUrls } from '#platform/storage/signed-urls';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Generations as Halogen's own API has them. */
@Controller()
export class NativeGenerationsController {
  constructor(
    private readonly generations: GenerationsService,
    private readonly reports: GenerationReportsService,
    private readonly watch: GenerationWatch,
    private readonly urls: SignedUrls,
    private readonly submits: DreamMachineSubmits,
    private readonly meters: GenerationMetersService,
  ) {}

  @Operation(createGeneration)
  async create(
    @CallerOf() caller: Caller,
    @Body(valid(createGeneration.body)) body: CreateGeneration,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('prefer') prefer?: string,
  ): Promise<Generation> {
    const submitted = await this.generations.submit(caller, newGenerationId(), await this.understood(caller, body));
    if ('refused' in submitted) throw refusedSubmit(submitted);
    return this.view(await this.waited(queuedReport(submitted), reply, prefer));
  }

  @Operation(quoteGeneration)
  async quote(@CallerOf() caller: Caller, @Body(valid(quoteGeneration.body)) body: CreateGeneration): Promise<Quote> {
    const quoted = this.generations.quote(caller, await this.understood(caller, body));
    if ('refused' in quoted) throw refusedSubmit(quoted);
    return quoteView(quoted);
  }

  @Operation(listGenerations)
  async list(@CallerOf() caller: Caller, @Query(valid(listGenerations.query, 'query')) query: ListGenerationsQuery) {
    const { reports, nextCursor, lookedBackTo } = await this.reports.list(caller, understandList(query));
    return { generations: reports.map((one) => this.view(one)), nextCursor, lookedBackTo: lookedBackTo?.toISOString() ?? null };
  }

  @Operation(countGenerations)
  async count(@CallerOf() caller: Caller, @Query(valid(countGenerations.query, 'query')) match: GenerationMatch) {
    const { counts, exact } = await this.reports.counts(caller, understandMatch(match));
    const byState = [...counts].map(([state, value]) => ({ state, value }));
    return { count: { value: byState.reduce((sum, { value }) => sum + value, 0), exact }, byState };
  }

  @Operation(getGeneration)
  async get(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('prefer') prefer?: string,
  ): Promise<Generation> {
    const report = await this.waited(await this.find(caller, id), reply, prefer);
    const meters = await this.meters.of(caller.tenantId, report.generation.id);
    if (meters) reply.headers(metersHeaders(meters));
    return this.view(report);
  }

  @Operation(cancelGeneration)
  async cancel(@CallerOf() caller: Caller, @Param('id') id: string): Promise<Generation> {
    const found = await this.find(caller, id);
    const outcome = await this.generations.cancel(caller, found.generation.id);
    const after = await this.find(caller, id);
    if ('refused' in outcome && after.generation.state !== 'cancelled') {
      throw new Refused('already_final', `This generation is ${after.generation.state} already`);
    }
    return this.view(after);
  }

  private understood(caller: Caller, body: CreateGeneration): Promise<SubmitRequest> {
    return understandCreate(body, this.submits.mediaOf(caller));
  }

  /** Waits for the end of a generation if the caller prefers so. What has not ended by then is answered as it is. */
  private async waited(report: GenerationReport, reply: FastifyReply, prefer: string | undefined): Promise<GenerationReport> {
    const seconds = waitSecondsOf(prefer);
    if (seconds === undefined) return report;
    reply.header('preference-applied', `wait=${seconds}`);
    if (isFinal(report.generation.state)) return report;
    return (await this.watch.untilFinal(report.generation, seconds * 1_000)) ?? report;
  }

  private async find(caller: Caller, id: string): Promise<GenerationReport> {
    const report = UUID.test(id) ? await this.reports.get(caller, id.toLowerCase()) : null;
    if (!report) throw new Refused('not_found', 'Generation not found');
    return report;
  }

  private view(report: GenerationReport): Generation {
    return generationView(report, (key) => this.urls.assetUrl(key));
  }
}
