import { Body, Controller, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GuestDoor } from '#apps/api/auth/guest-door';
import { SessionCookie } from '#apps/api/auth/session-cookie';
import { refuseForeignSite } from '#apps/api/auth/session-door';
import { accepted } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { commentView, sharedResultView } from '#apps/api/native/review-view';
import { rowOf } from '#apps/api/native/row-of';
import { Operation } from '#apps/api/operation.decorator';
import type { AddComment, RowPageQuery } from '#contracts/native/reviews';
import {
  addSharedComment,
  getShared,
  listSharedComments,
  listSharedResults,
  type OpenShare,
  openShare,
  type Shared,
} from '#contracts/native/shared';
import { GUEST_ASSET_URL_LIFETIME_S } from '#core/review/share-link';
import { type Guest, GuestsService } from '#features/review/guests.service';
import { SharedResultsService } from '#features/review/shared-results.service';
import { csrfTokenOf } from '#features/sign-in/sessions.service';
import { SignedUrls } from '#platform/storage/signed-urls';

/** What a guest sees of a campaign, and says about it. */
@Controller()
export class SharedController {
  private readonly assetUrl = (key: string) => this.urls.assetUrl(key, new Date(), GUEST_ASSET_URL_LIFETIME_S);

  constructor(
    private readonly guests: GuestsService,
    private readonly shared: SharedResultsService,
    private readonly door: GuestDoor,
    private readonly cookie: SessionCookie,
    private readonly urls: SignedUrls,
  ) {}

  @Operation(openShare)
  async open(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body(valid(openShare.body)) { token, name }: OpenShare,
  ): Promise<Shared> {
    refuseForeignSite(request);
    const guest = accepted(await this.guests.open(token, { name, address: request.ip }));
    reply.header('set-cookie', this.cookie.keepGuest(guest.token, guest.expiresAt)).header('cache-control', 'no-store');
    return view(guest);
  }

  @Operation(getShared)
  get(@Req() request: FastifyRequest): Shared {
    return view(this.door.guestOf(request));
  }

  @Operation(listSharedResults)
  async list(@Req() request: FastifyRequest, @Query(valid(listSharedResults.query, 'query')) page: RowPageQuery) {
    const { results, nextAfter } = await this.shared.results(this.door.guestOf(request), page);
    return { results: results.map((row) => sharedResultView(row, this.assetUrl)), nextAfter };
  }

  @Operation(listSharedComments)
  async listComments(@Req() request: FastifyRequest, @Param('row') row: string) {
    return { comments: accepted(await this.shared.comments(this.door.guestOf(request), rowOf(row))).map(commentView) };
  }

  @Operation(addSharedComment)
  async comment(@Req() request: FastifyRequest, @Param('row') row: string, @Body(valid(addSharedComment.body)) said: AddComment) {
    return commentView(accepted(await this.shared.comment(this.door.guestOf(request), rowOf(row), said)));
  }
}

function view({ token, tenantName, campaignName, access, results, name, expiresAt }: Guest): Shared {
  return { tenantName, campaignName, access, results, guestName: name, expiresAt: expiresAt.toISOString(), csrfToken: csrfTokenOf(token) };
}
