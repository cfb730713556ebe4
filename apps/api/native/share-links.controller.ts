import { Body, Controller, Param } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { SessionCookie } from '#apps/api/auth/session-cookie';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { type CreateShareLink, createShareLink, listShareLinks, revokeShareLink, type ShareLink } from '#contracts/native/share-links';
import type { Caller } from '#core/access/caller';
import { shareLinkState } from '#core/review/share-link';
import { type ShareLinkRow, ShareLinksService } from '#features/review/share-links.service';

/** Links by which guests see results of a batch. */
@Controller()
export class ShareLinksController {
  constructor(
    private readonly links: ShareLinksService,
    private readonly cookie: SessionCookie,
  ) {}

  @Operation(createShareLink)
  async create(@CallerOf() caller: Caller, @Param('id') id: string, @Body(valid(createShareLink.body)) wanted: CreateShareLink) {
    const { link, token } = accepted(await this.links.create(caller, idOf(id), wanted));
    // Behind the #, which no browser sends: neither our logs nor a proxy's ever have it.
    return { ...view(link), url: `${this.cookie.publicOrigin}/share#${token}` };
  }

  @Operation(listShareLinks)
  async list(@CallerOf() caller: Caller, @Param('id') id: string) {
    const links = accepted(await this.links.list(caller, idOf(id)));
    return {
      links: links.map(({ guests, ...link }) => ({
        ...view(link),
        guests: guests.map(({ name, openedAt }) => ({ name, openedAt: new Date(openedAt).toISOString() })),
      })),
    };
  }

  @Operation(revokeShareLink)
  async revoke(@CallerOf() caller: Caller, @Param('id') id: string, @Param('link') link: string): Promise<void> {
    accepted(await this.links.revoke(caller, idOf(id), idOf(link)));
  }
}

function view({ revokedAt, ...link }: ShareLinkRow): ShareLink {
  const { createdAt, expiresAt } = link;
  return {
    ...link,
    state: shareLinkState({ revokedAt, expiresAt }, new Date()),
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}
